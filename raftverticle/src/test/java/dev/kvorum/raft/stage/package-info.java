@NullMarked
package dev.kvorum.raft.stage;

import org.jspecify.annotations.NullMarked;
