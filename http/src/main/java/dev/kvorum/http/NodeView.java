package dev.kvorum.http;

import dev.kvorum.storage.model.Member;
import dev.kvorum.storage.model.Result;
import java.util.List;

/** What the pages show of this member. Asked on an event loop, so it answers from memory. */
public interface NodeView {
  /** The active alarms of all members, as this member has applied them. */
  List<Result.AlarmMember> alarms();

  /** The id of the leader that this member follows or is, or 0. */
  long leader();

  /** What the whole cluster speaks, such as {@code 3.7.0}; empty before that is decided. */
  String clusterVersion();

  /** All members, by id. */
  List<Member> members();

  /** The cluster's id (contract S14.1). */
  long clusterId();
}
