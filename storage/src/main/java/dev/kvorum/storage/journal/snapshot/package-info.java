/**
 * Full copies of the state store in one file each (P11): written in the background as chunks that
 * are checksummed and chained, read back before they count, and used to heal a lost state store.
 * What the records mean is unknown here.
 */
@NullMarked
package dev.kvorum.storage.journal.snapshot;

import org.jspecify.annotations.NullMarked;
