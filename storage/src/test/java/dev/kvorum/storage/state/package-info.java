@NullMarked
package dev.kvorum.storage.state;

import org.jspecify.annotations.NullMarked;
