/** Holds the generated API against the contract's tables, and against the promise of Java 17. */
@NullMarked
package dev.kvorum.api;

import org.jspecify.annotations.NullMarked;
