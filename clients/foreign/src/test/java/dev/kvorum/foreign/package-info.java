/**
 * Kvorum as strangers see it: the packaged server as a process of its own, driven by etcd's command
 * line, by jetcd, by recordings of a real etcd, by random operations that a real etcd answers
 * beside it, and by kill -9. Nothing here knows a class of the server. Start with {@link
 * dev.kvorum.foreign.Node}.
 */
@NullMarked
package dev.kvorum.foreign;

import org.jspecify.annotations.NullMarked;
