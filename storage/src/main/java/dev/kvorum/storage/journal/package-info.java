/**
 * The log on disk: sector framing, batches, segments, vote files, identity and snapshot files, with
 * the storage-fault policy. The rules are a machine; the disk is a port with a real, an in-memory
 * and a faulty implementation. An entry is bytes here.
 */
@NullMarked
package dev.kvorum.storage.journal;

import org.jspecify.annotations.NullMarked;
