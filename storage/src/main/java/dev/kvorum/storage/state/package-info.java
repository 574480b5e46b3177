/**
 * The replicated state machine as a whole: keys, alarms and members behind one door, executed in
 * log order. It has never heard of Raft: a command arrives with an index and a term, as plain
 * numbers.
 */
@NullMarked
package dev.kvorum.storage.state;

import org.jspecify.annotations.NullMarked;
