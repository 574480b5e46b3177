/**
 * Locks and elections (contract S11, S12), made of transactions, ranges, leases and watches as any
 * client could make them; nothing here is known to the store. Waiting is watching: nobody polls.
 */
@NullMarked
package dev.kvorum.verticles.coordination;

import org.jspecify.annotations.NullMarked;
