/**
 * The {@link dev.kvorum.storage.backend.Backend} in memory, for the simulator and for tests of what
 * stands on the port. It knows what a crash would leave behind.
 */
@NullMarked
package dev.kvorum.storage.backend.memory;

import org.jspecify.annotations.NullMarked;
