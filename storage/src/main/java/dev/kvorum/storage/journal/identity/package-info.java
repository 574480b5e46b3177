/**
 * Who a data directory belongs to, and its life cycle: creation, the lock, the refusal of foreign
 * and newer directories, the places of its parts.
 */
@NullMarked
package dev.kvorum.storage.journal.identity;

import org.jspecify.annotations.NullMarked;
