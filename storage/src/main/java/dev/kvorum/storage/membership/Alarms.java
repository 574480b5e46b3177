package dev.kvorum.storage.membership;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.MalformedProto;
import dev.kvorum.storage.model.ProtoReader;
import dev.kvorum.storage.model.ProtoWriter;
import dev.kvorum.storage.model.Result.AlarmMember;
import dev.kvorum.storage.mvcc.CorruptRecordException;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;

/**
 * The alarms that hold in the cluster (contract S17.2): a replicated set of (member, alarm).
 *
 * <p>An alarm's effect lasts until no member holds it any more.
 */
public final class Alarms {
  private static final Comparator<AlarmMember> ORDER =
      Comparator.comparing(AlarmMember::memberId, Long::compareUnsigned)
          .thenComparingInt(AlarmMember::alarm);

  private final TreeSet<AlarmMember> active = new TreeSet<>(ORDER);

  /** What a command did: the alarms to answer with, and the change to keep, if any. */
  public sealed interface Change {
    List<AlarmMember> answer();

    /** Nothing to keep. */
    record None(List<AlarmMember> answer) implements Change {}

    record Raised(AlarmMember alarm) implements Change {
      @Override
      public List<AlarmMember> answer() {
        return List.of(alarm);
      }
    }

    record Cleared(AlarmMember alarm) implements Change {
      @Override
      public List<AlarmMember> answer() {
        return List.of(alarm);
      }
    }
  }

  /** Replaces all alarms, when a store is opened. */
  public void load(Collection<AlarmMember> alarms) {
    active.clear();
    active.addAll(alarms);
  }

  public Change apply(Command.Alarm command) {
    var alarm = new AlarmMember(command.memberId(), command.alarm());
    return switch (command.action()) {
      case Command.Alarm.GET -> new Change.None(list(command.alarm()));
      case Command.Alarm.ACTIVATE -> activate(alarm);
      case Command.Alarm.DEACTIVATE ->
          active.remove(alarm) ? new Change.Cleared(alarm) : new Change.None(List.of());
      default -> new Change.None(List.of());
    };
  }

  private Change activate(AlarmMember alarm) {
    if (alarm.alarm() == Command.Alarm.NONE) {
      return new Change.None(List.of());
    }
    return active.add(alarm) ? new Change.Raised(alarm) : new Change.None(List.of(alarm));
  }

  /** The alarms of one type, or all for {@link Command.Alarm#NONE}, by member id. */
  public List<AlarmMember> list(int alarm) {
    return active.isEmpty()
        ? List.of()
        : active.stream()
            .filter(member -> alarm == Command.Alarm.NONE || member.alarm() == alarm)
            .toList();
  }

  /** Whether any member holds that alarm. */
  public boolean isActive(int alarm) {
    return !active.isEmpty() && active.stream().anyMatch(member -> member.alarm() == alarm);
  }

  /** The alarm's key in its bucket, an {@code etcdserverpb.AlarmMember} (contract S17.2). */
  public static Bytes key(AlarmMember alarm) {
    var size =
        ProtoWriter.varintFieldSize(1, alarm.memberId())
            + ProtoWriter.varintFieldSize(2, alarm.alarm());
    return new ProtoWriter(size)
        .varintField(1, alarm.memberId())
        .varintField(2, alarm.alarm())
        .toBytes();
  }

  /** Reads a key of the bucket; throws {@link CorruptRecordException} for anything else. */
  public static AlarmMember decodeKey(Bytes key) {
    try {
      var memberId = 0L;
      var alarm = 0;
      var reader = new ProtoReader(key);
      for (var tag = reader.next(); tag != 0; tag = reader.next()) {
        switch (tag) {
          case 1 << 3 | ProtoReader.VARINT -> memberId = reader.varint();
          case 2 << 3 | ProtoReader.VARINT -> alarm = (int) reader.varint();
          default -> reader.skip(tag);
        }
      }
      return new AlarmMember(memberId, alarm);
    } catch (MalformedProto malformed) {
      throw new CorruptRecordException("alarm: " + malformed.getMessage());
    }
  }
}
