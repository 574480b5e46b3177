package dev.kvorum.storage.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a {@link Command}. {@code revision} is what the response header shows (contract
 * S20.2). Key-values travel as the serialized {@code mvccpb.KeyValue} that the store keeps (S1.7),
 * so that an edge copies them into its response and parses nothing.
 */
public sealed interface Result {
  /** Contract S2.3, S2.4: {@code count} ignores the limit and the filters. */
  record Range(long revision, List<Bytes> kvs, boolean more, long count) implements Result {}

  record Put(long revision, @Nullable Bytes prevKv) implements Result {}

  record DeleteRange(long revision, long deleted, List<Bytes> prevKvs) implements Result {}

  /** The responses of the branch that ran, in its order; a nested answer's revision is 0 (S6.6). */
  record Txn(long revision, boolean succeeded, List<Result> responses) implements Result {}

  record Compact(long revision) implements Result {}

  record Alarm(long revision, List<AlarmMember> alarms) implements Result {}

  /** Contract S10.1: the id and the time that the lease really has. */
  record LeaseGrant(long revision, long id, long ttlSeconds) implements Result {}

  record LeaseRevoke(long revision) implements Result {}

  /** Contract S10.5: {@code ttlSeconds} is 0 for a lease that does not exist. */
  record LeaseKeepAlive(long revision, long id, long ttlSeconds) implements Result {}

  /**
   * Contract S10.7: {@code ttlSeconds} is -1 for a lease that does not exist.
   *
   * @param keys in key order; none when they were not asked for
   */
  record LeaseTimeToLive(
      long revision, long id, long ttlSeconds, long grantedSeconds, List<Bytes> keys)
      implements Result {}

  /** Contract S10.8. */
  record LeaseLeases(long revision, List<Long> ids) implements Result {}

  /** The command took effect and has nothing to tell. */
  record Done(long revision) implements Result {}

  /** The command did not take effect, or it is not known whether it did: see {@link Failure}. */
  record Failed(Failure failure) implements Result {}

  /** One active alarm of one member; {@code alarm} as in {@link Command.Alarm}. */
  record AlarmMember(long memberId, int alarm) {
    /** The alarm's name on the wire. */
    public String name() {
      return switch (alarm) {
        case Command.Alarm.NOSPACE -> "NOSPACE";
        case Command.Alarm.CORRUPT -> "CORRUPT";
        default -> "UNKNOWN";
      };
    }
  }
}
