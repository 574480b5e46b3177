/** What must hold: checks at every event, and of the whole history. */
@NullMarked
package dev.kvorum.simulator.oracle;

import org.jspecify.annotations.NullMarked;
