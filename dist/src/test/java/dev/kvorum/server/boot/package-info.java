@NullMarked
package dev.kvorum.server.boot;

import org.jspecify.annotations.NullMarked;
