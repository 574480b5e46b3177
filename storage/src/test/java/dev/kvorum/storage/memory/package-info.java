@NullMarked
package dev.kvorum.storage.memory;

import org.jspecify.annotations.NullMarked;
