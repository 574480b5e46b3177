/** Tests of the lease table and the lease clock. */
@NullMarked
package dev.kvorum.storage.lease;

import org.jspecify.annotations.NullMarked;
