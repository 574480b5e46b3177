package dev.kvorum.storage.state;

import dev.kvorum.storage.model.Member;
import dev.kvorum.storage.model.Result.AlarmMember;
import dev.kvorum.storage.mvcc.StoreView;
import java.util.List;

/**
 * Everything that this member has applied, as one immutable value: published after each applied
 * batch and before any answer of that batch, read by every thread.
 *
 * @param appliedIndex the log index up to which everything here is the effect of
 * @param kv the key-value store at its newest revision
 * @param allocatedBytes what the quota is compared with and Status shows as size (contract S17.3)
 * @param inUseBytes the part of it that a defragmentation would keep
 * @param alarms active alarms by member
 * @param members by id ascending
 * @param clusterVersion such as {@code 3.7.0}, empty before it is decided
 */
public record AppliedState(
    long appliedIndex,
    StoreView kv,
    long allocatedBytes,
    long inUseBytes,
    List<AlarmMember> alarms,
    List<Member> members,
    String clusterVersion) {}
