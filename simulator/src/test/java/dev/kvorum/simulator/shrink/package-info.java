@NullMarked
package dev.kvorum.simulator.shrink;

import org.jspecify.annotations.NullMarked;
