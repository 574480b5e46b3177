/** Tests of the index checkpoint. */
@NullMarked
package dev.kvorum.storage.checkpoint;

import org.jspecify.annotations.NullMarked;
