/** etcd's own command line, unmodified, against the packaged server. */
@NullMarked
package dev.kvorum.foreign.etcdctl;

import org.jspecify.annotations.NullMarked;
