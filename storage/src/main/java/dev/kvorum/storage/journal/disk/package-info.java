/**
 * The disk as the journal, the vote files and the snapshot writer see it: a small port with ordered
 * operations and typed faults, and its implementations. {@link
 * dev.kvorum.storage.journal.disk.FileDisk} is the real one, {@link
 * dev.kvorum.storage.journal.disk.MemoryDisk} keeps files in memory, and {@link
 * dev.kvorum.storage.journal.disk.FaultyDisk} also knows what a crash would leave behind. No rule
 * about the journal's content lives here.
 */
@NullMarked
package dev.kvorum.storage.journal.disk;

import org.jspecify.annotations.NullMarked;
