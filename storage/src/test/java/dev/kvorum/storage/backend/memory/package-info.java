/** What is particular to the memory engine, and its run of the contract. */
@NullMarked
package dev.kvorum.storage.backend.memory;

import org.jspecify.annotations.NullMarked;
