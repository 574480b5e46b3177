/** Makes the script of a failing seed small enough to read. */
@NullMarked
package dev.kvorum.simulator.shrink;

import org.jspecify.annotations.NullMarked;
