/** Locks under contention: what many clients are told, against what the store's history says. */
@NullMarked
package dev.kvorum.foreign.coordination;

import org.jspecify.annotations.NullMarked;
