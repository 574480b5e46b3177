package dev.kvorum.storage.membership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.storage.membership.Alarms.Change;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Result.AlarmMember;
import dev.kvorum.storage.mvcc.CorruptRecordException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Contract S17.2. */
class AlarmsTest {
  /** Has the highest bit set, so it is the larger id and not a negative one. */
  private static final long LARGE = 0x8e9e05c52164694dL;

  private static final long SMALL = 5;
  private static final AlarmMember SMALL_NOSPACE = new AlarmMember(SMALL, Command.Alarm.NOSPACE);
  private static final AlarmMember SMALL_CORRUPT = new AlarmMember(SMALL, Command.Alarm.CORRUPT);
  private static final AlarmMember LARGE_NOSPACE = new AlarmMember(LARGE, Command.Alarm.NOSPACE);

  private final Alarms alarms = new Alarms();

  @Test
  void getOfNoTypeListsAllByMember() {
    alarms.load(List.of(LARGE_NOSPACE, SMALL_CORRUPT, SMALL_NOSPACE));

    assertThat(get(0, Command.Alarm.NONE))
        .isEqualTo(new Change.None(List.of(SMALL_NOSPACE, SMALL_CORRUPT, LARGE_NOSPACE)));
  }

  @Test
  void getOfATypeListsThatTypeWhateverMemberIsNamed() {
    alarms.load(List.of(SMALL_NOSPACE, SMALL_CORRUPT, LARGE_NOSPACE));

    for (var member : List.of(0L, SMALL, LARGE, 77L)) {
      assertThat(get(member, Command.Alarm.NOSPACE).answer())
          .as("member %d", member)
          .containsExactly(SMALL_NOSPACE, LARGE_NOSPACE);
    }
    assertThat(get(LARGE, Command.Alarm.CORRUPT).answer()).containsExactly(SMALL_CORRUPT);
  }

  @Test
  void getOfNoneNamesAllEvenWhenAMemberIsGiven() {
    alarms.load(List.of(SMALL_CORRUPT, LARGE_NOSPACE));

    assertThat(get(SMALL, Command.Alarm.NONE).answer())
        .containsExactly(SMALL_CORRUPT, LARGE_NOSPACE);
  }

  @Test
  void activatingNoneDoesNothingAndAnswersNothing() {
    assertThat(activate(new AlarmMember(SMALL, Command.Alarm.NONE)))
        .isEqualTo(new Change.None(List.of()));
    assertThat(alarms.list(Command.Alarm.NONE)).isEmpty();
  }

  @Test
  void activatingTwiceAnswersTheAlarmAndKeepsItOnce() {
    assertThat(activate(SMALL_NOSPACE)).isEqualTo(new Change.Raised(SMALL_NOSPACE));
    assertThat(activate(SMALL_NOSPACE)).isEqualTo(new Change.None(List.of(SMALL_NOSPACE)));

    assertThat(alarms.list(Command.Alarm.NONE)).containsExactly(SMALL_NOSPACE);
  }

  @Test
  void deactivatingAnswersWhatWasClearedAndNothingTheSecondTime() {
    alarms.load(List.of(SMALL_NOSPACE));

    assertThat(deactivate(SMALL_NOSPACE)).isEqualTo(new Change.Cleared(SMALL_NOSPACE));
    assertThat(deactivate(SMALL_NOSPACE)).isEqualTo(new Change.None(List.of()));
    assertThat(alarms.isActive(Command.Alarm.NOSPACE)).isFalse();
  }

  @Test
  void deactivatingClearsExactlyTheMemberAndTypeThatAreNamed() {
    alarms.load(List.of(SMALL_NOSPACE));

    assertThat(deactivate(SMALL_CORRUPT).answer()).isEmpty();
    assertThat(deactivate(LARGE_NOSPACE).answer()).isEmpty();
    assertThat(deactivate(new AlarmMember(SMALL, Command.Alarm.NONE)).answer()).isEmpty();
    assertThat(alarms.list(Command.Alarm.NONE)).containsExactly(SMALL_NOSPACE);
  }

  @Test
  void anAlarmOfSeveralMembersLastsUntilAllHaveCleared() {
    activate(SMALL_NOSPACE);
    activate(LARGE_NOSPACE);

    deactivate(SMALL_NOSPACE);
    assertThat(alarms.isActive(Command.Alarm.NOSPACE)).isTrue();

    deactivate(LARGE_NOSPACE);
    assertThat(alarms.isActive(Command.Alarm.NOSPACE)).isFalse();
  }

  @Test
  void anAlarmOfOneTypeIsNotOneOfTheOther() {
    activate(SMALL_CORRUPT);

    assertThat(alarms.isActive(Command.Alarm.CORRUPT)).isTrue();
    assertThat(alarms.isActive(Command.Alarm.NOSPACE)).isFalse();
  }

  @Test
  void anUnknownActionDoesNothing() {
    alarms.load(List.of(SMALL_NOSPACE));

    assertThat(alarms.apply(new Command.Alarm(9, SMALL, Command.Alarm.NOSPACE)))
        .isEqualTo(new Change.None(List.of()));
    assertThat(alarms.list(Command.Alarm.NONE)).containsExactly(SMALL_NOSPACE);
  }

  @Test
  void loadingReplacesWhatWasThere() {
    alarms.load(List.of(SMALL_NOSPACE));
    alarms.load(List.of(SMALL_CORRUPT));

    assertThat(alarms.list(Command.Alarm.NONE)).containsExactly(SMALL_CORRUPT);
  }

  @Test
  void keysAreTheSerializedAlarmMembers() {
    assertThat(Alarms.key(SMALL_NOSPACE)).isEqualTo(Bytes.hex("08051001"));

    for (var alarm : List.of(SMALL_NOSPACE, SMALL_CORRUPT, LARGE_NOSPACE)) {
      assertThat(Alarms.decodeKey(Alarms.key(alarm))).isEqualTo(alarm);
    }
  }

  /** A varint that does not end, and a length that reaches behind the end. */
  @ParameterizedTest
  @ValueSource(strings = {"08", "0805108080", "1a7f00"})
  void aBrokenKeyIsCorruption(String key) {
    assertThatThrownBy(() -> Alarms.decodeKey(Bytes.hex(key)))
        .isInstanceOf(CorruptRecordException.class)
        .hasMessageStartingWith("alarm: ");
  }

  private Change get(long memberId, int alarm) {
    return alarms.apply(new Command.Alarm(Command.Alarm.GET, memberId, alarm));
  }

  private Change activate(AlarmMember alarm) {
    return alarms.apply(new Command.Alarm(Command.Alarm.ACTIVATE, alarm.memberId(), alarm.alarm()));
  }

  private Change deactivate(AlarmMember alarm) {
    return alarms.apply(
        new Command.Alarm(Command.Alarm.DEACTIVATE, alarm.memberId(), alarm.alarm()));
  }
}
