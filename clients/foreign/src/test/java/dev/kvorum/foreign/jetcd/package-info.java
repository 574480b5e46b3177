/** jetcd, the most used Java client of etcd, unmodified, against the packaged server. */
@NullMarked
package dev.kvorum.foreign.jetcd;

import org.jspecify.annotations.NullMarked;
