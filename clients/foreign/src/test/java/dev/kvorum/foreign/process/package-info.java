/**
 * The packaged server as a process: killed at any time, told to stop, started where it must not
 * start.
 */
@NullMarked
package dev.kvorum.foreign.process;

import org.jspecify.annotations.NullMarked;
