/** Tests of the watch hub, from the contract. */
@NullMarked
package dev.kvorum.storage.watch;

import org.jspecify.annotations.NullMarked;
