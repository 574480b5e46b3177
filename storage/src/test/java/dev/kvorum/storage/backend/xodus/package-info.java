/** What is particular to the xodus engine, and its run of the contract. */
@NullMarked
package dev.kvorum.storage.backend.xodus;

import org.jspecify.annotations.NullMarked;
