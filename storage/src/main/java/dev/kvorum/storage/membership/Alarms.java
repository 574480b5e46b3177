package dev.kvorum.storage.membership;

import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Result.AlarmMember;
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
          .thenComparing(AlarmMember::alarm);

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
    return active.stream()
        .filter(member -> alarm == Command.Alarm.NONE || member.alarm() == alarm)
        .toList();
  }

  /** Whether any member holds that alarm. */
  public boolean isActive(int alarm) {
    return active.stream().anyMatch(member -> member.alarm() == alarm);
  }
}
