package dev.kvorum.verticles.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.raft.core.Membership;
import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.KvHash;
import dev.kvorum.storage.state.StateMachine;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StoreStageTest {
  private static final int LIFE = StageHarness.LIFE;
  private static final int OTHER_LIFE = 8;

  private final StageMemory memory = new StageMemory();
  private boolean removalAllowed = true;
  private long lastIndex = 1;
  private StoreStage stage = stage(Long.MAX_VALUE);

  @Test
  void aBatchIsPublishedAndFlushedBeforeItsAnswersLeave() {
    var effects = stage.committed(List.of(put(LIFE, 1, "a", "1"), put(LIFE, 2, "b", "2")));

    assertThat(kinds(effects))
        .containsExactly("Publish", "Write", "Happened", "Reply", "Count", "AppliedTo");
    var published = one(effects, StoreEffect.Publish.class).state();
    assertThat(published.kv().revision()).isEqualTo(3);
    assertThat(published.appliedIndex()).isEqualTo(3);
    var flush = one(effects, StoreEffect.Write.class).flush();
    assertThat(flush.records()).hasSize(2);
    assertThat(flush.meta().appliedIndex()).isEqualTo(3);
    assertThat(one(effects, StoreEffect.Reply.class).answers())
        .containsExactly(
            new Answer(RequestId.of(LIFE, 0, 1), new Result.Put(2, null)),
            new Answer(RequestId.of(LIFE, 0, 2), new Result.Put(3, null)));
  }

  @Test
  void proposalsOfAnotherLifeAreAppliedAndNotAnswered() {
    var effects = stage.committed(List.of(put(OTHER_LIFE, 1, "a", "1")));

    assertThat(kinds(effects))
        .containsExactly("Publish", "Write", "Happened", "Count", "AppliedTo");
  }

  @Test
  void entriesWithoutACommandMoveThePositionOn() {
    var effects =
        stage.committed(List.of(new Entry(1, ++lastIndex, Entry.Type.EMPTY, Bytes.EMPTY)));

    assertThat(one(effects, StoreEffect.Publish.class).state().appliedIndex()).isEqualTo(2);
    assertThat(one(effects, StoreEffect.AppliedTo.class).index()).isEqualTo(2);
  }

  @Test
  void aGapInTheLogStopsTheMachine() {
    lastIndex++;

    assertThatThrownBy(() -> stage.committed(List.of(put(LIFE, 1, "a", "1"))))
        .isInstanceOf(InvariantViolation.class);
  }

  /** Without the wait the put would have to touch the disk, or answer without the old value. */
  @Test
  void anApplyThatNeedsAColdRecordWaitsForItAndKeepsTheOrder() {
    var _ = stage.committed(List.of(put(LIFE, 1, "a", "old")));
    var cold = memory.forget(new Revision(2, 0));

    var waiting =
        stage.committed(
            List.of(
                put(LIFE, 2, "b", "before"),
                putWithPrevious(3, "a", "new"),
                put(LIFE, 4, "c", "after")));

    assertThat(kinds(waiting))
        .containsExactly("Publish", "Write", "Happened", "Reply", "Count", "AppliedTo", "Fetch");
    assertThat(one(waiting, StoreEffect.AppliedTo.class).index()).isEqualTo(3);
    assertThat(one(waiting, StoreEffect.Fetch.class).revisions())
        .containsExactly(new Revision(2, 0));

    assertThat(stage.committed(List.of(put(LIFE, 5, "d", "later")))).isEmpty();

    var resumed = stage.fetched(Map.of(new Revision(2, 0), cold));
    var answers = one(resumed, StoreEffect.Reply.class).answers();
    assertThat(answers)
        .extracting(Answer::result)
        .hasSize(3)
        .first()
        .isEqualTo(new Result.Put(4, cold));
    assertThat(one(resumed, StoreEffect.AppliedTo.class).index()).isEqualTo(6);
  }

  /** Whoever measures an apply has to count the fetch of its records too. */
  @Test
  void theWatchSeesEachCommandBeginOnceAndEndWhenItIsApplied() {
    var seen = new ArrayList<String>();
    stage = watchedStage(seen);
    var _ = stage.committed(List.of(put(LIFE, 1, "a", "old")));
    var cold = memory.forget(new Revision(2, 0));
    seen.clear();

    var _ = stage.committed(List.of(put(LIFE, 2, "b", ""), putWithPrevious(3, "a", "new")));
    assertThat(seen).containsExactly("begins", "b", "begins");

    var _ = stage.fetched(Map.of(new Revision(2, 0), cold));
    assertThat(seen).containsExactly("begins", "b", "begins", "a");
  }

  private StoreStage watchedStage(List<String> seen) {
    var watch =
        new ApplyWatch() {
          @Override
          public void begins() {
            seen.add("begins");
          }

          @Override
          public void applied(Command command, Result result) {
            seen.add(((Command.Put) command).key().toUtf8());
          }
        };
    return new StoreStage(
        new StateMachine(StageHarness.fresh(), Long.MAX_VALUE),
        memory,
        _ -> removalAllowed,
        LIFE,
        Membership.ofVoters(List.of(1L)),
        watch,
        StoreStage.SLICE_KEYS,
        StoreStage.MOST_EVENTS_TOLD);
  }

  @Test
  void aLongLogIsAppliedInSlices() {
    var entries = new ArrayList<Entry>();
    for (var i = 0; i < 1_200; i++) {
      entries.add(put(LIFE, i, "k" + i, "v"));
    }

    var first = stage.committed(entries);
    assertThat(kinds(first).getLast()).isEqualTo("Continue");
    assertThat(stage.committed(List.of(put(LIFE, 1_200, "z", "v")))).isEmpty();
    var second = stage.proceed();
    var third = stage.proceed();

    assertThat(kinds(second).getLast()).isEqualTo("Continue");
    assertThat(kinds(third)).doesNotContain("Continue");
    assertThat(one(third, StoreEffect.AppliedTo.class).index()).isEqualTo(1_202);
  }

  @Test
  void applyingPausesWhileTooMuchWaitsForTheBackend() {
    memory.full = true;
    assertThat(stage.committed(List.of(put(LIFE, 1, "a", "1")))).isEmpty();
    assertThat(stage.flushed()).isEmpty();

    memory.full = false;
    assertThat(one(stage.flushed(), StoreEffect.AppliedTo.class).index()).isEqualTo(2);
  }

  @Test
  void aReadWaitsUntilItsIndexIsAppliedAndPublished() {
    assertThat(kinds(stage.readConfirmed(3, 11, 1))).containsExactly("ReadsReady");
    assertThat(stage.readConfirmed(3, 12, 2)).isEmpty();

    var effects = stage.committed(List.of(put(LIFE, 1, "a", "1")));

    assertThat(kinds(effects).indexOf("ReadsReady"))
        .isGreaterThan(kinds(effects).indexOf("Publish"));
    assertThat(one(effects, StoreEffect.ReadsReady.class))
        .isEqualTo(new StoreEffect.ReadsReady(3, 12));
  }

  /** Contract S17.3: it took effect, and the caller hears of the missing space all the same. */
  @Test
  void aPutOverTheQuotaTakesEffectAndIsAnsweredWithNoSpace() {
    stage = stage(1_100);

    var effects = stage.committed(List.of(put(LIFE, 1, "a", "1")));

    assertThat(one(effects, StoreEffect.Reply.class).answers())
        .extracting(Answer::result)
        .containsExactly(new Result.Failed(Failure.NO_SPACE));
    assertThat(one(effects, StoreEffect.Publish.class).state().kv().revision()).isEqualTo(2);
    assertThat(kinds(effects)).contains("RaiseNoSpace");
  }

  @Test
  void anActiveSpaceAlarmRefusesPutsAndAdmitsDeletes() {
    var raise = new Command.Alarm(Command.Alarm.ACTIVATE, 5, Command.Alarm.NOSPACE);
    var effects =
        stage.committed(
            List.of(
                put(LIFE, 1, "a", "1"),
                entry(LIFE, 2, raise),
                put(LIFE, 3, "b", "2"),
                entry(LIFE, 4, new Command.DeleteRange(Bytes.utf8("a"), Bytes.EMPTY, false))));

    assertThat(one(effects, StoreEffect.Reply.class).answers())
        .extracting(Answer::result)
        .containsExactly(
            new Result.Put(2, null),
            new Result.Alarm(2, List.of(new Result.AlarmMember(5, Command.Alarm.NOSPACE))),
            new Result.Failed(Failure.NO_SPACE),
            new Result.DeleteRange(3, 1, List.of()));
    assertThat(one(effects, StoreEffect.Write.class).flush().others()).hasSize(1);
  }

  /** Contract S7.3: a physical compaction answers when the records are gone. */
  @Test
  void aPhysicalCompactionIsAnsweredAfterItsLastSlice() {
    var effects =
        stage.committed(
            List.of(
                put(LIFE, 1, "a", "1"),
                put(LIFE, 2, "a", "2"),
                entry(LIFE, 3, new Command.Compact(3, true))));

    assertThat(one(effects, StoreEffect.Reply.class).answers()).hasSize(2);
    assertThat(one(effects, StoreEffect.InProgress.class).requestId())
        .isEqualTo(RequestId.of(LIFE, 0, 3));
    assertThat(kinds(effects).getLast()).isEqualTo("HashHistory");
    assertThat(kinds(stage.hashed(new KvHash(1, -1, 3))))
        .containsExactly("Publish", "CompactLater");

    var slice = stage.compactSlice();
    assertThat(kinds(slice)).containsExactly("Publish", "Write", "CompactionFinished", "Reply");
    var flush = one(slice, StoreEffect.Write.class).flush();
    assertThat(flush.removals())
        .extracting(record -> record.revision())
        .containsExactly(new Revision(2, 0));
    assertThat(flush.meta().finishedCompactRevision()).isEqualTo(3);
    assertThat(one(slice, StoreEffect.Reply.class).answers())
        .containsExactly(new Answer(RequestId.of(LIFE, 0, 3), new Result.Compact(3)));
  }

  @Test
  void aCompactionRemovesNothingWhileAReaderIsPinned() {
    var _ =
        stage.committed(
            List.of(
                put(LIFE, 1, "a", "1"),
                put(LIFE, 2, "a", "2"),
                entry(LIFE, 3, new Command.Compact(3, false))));
    var _ = stage.hashed(new KvHash(1, -1, 3));

    removalAllowed = false;
    assertThat(kinds(stage.compactSlice())).containsExactly("CompactLater");
    removalAllowed = true;
    assertThat(kinds(stage.compactSlice())).contains("CompactionFinished");
  }

  @Test
  void aSecondCompactionBeginsWhenTheFirstIsFinished() {
    var effects =
        stage.committed(
            List.of(
                put(LIFE, 1, "a", "1"),
                put(LIFE, 2, "a", "2"),
                entry(LIFE, 3, new Command.Compact(2, false)),
                entry(LIFE, 4, new Command.Compact(3, false))));
    assertThat(kinds(effects).stream().filter("HashHistory"::equals)).hasSize(1);

    var _ = stage.hashed(new KvHash(1, -1, 2));
    var end = stage.compactSlice();

    assertThat(one(end, StoreEffect.CompactionFinished.class).revision()).isEqualTo(2);
    assertThat(kinds(end).getLast()).isEqualTo("HashHistory");
  }

  @Test
  void anUnfinishedCompactionOfAnEarlierLifeGoesOnAtTheStart() {
    assertThat(stage.start()).isEmpty();
  }

  private StoreStage stage(long quotaBytes) {
    return new StoreStage(
        new StateMachine(StageHarness.fresh(), quotaBytes),
        memory,
        _ -> removalAllowed,
        LIFE,
        Membership.ofVoters(List.of(1L)));
  }

  private Entry put(int life, long count, String key, String value) {
    return entry(
        life, count, new Command.Put(Bytes.utf8(key), Bytes.utf8(value), 0, false, false, false));
  }

  private Entry putWithPrevious(long count, String key, String value) {
    return entry(
        LIFE, count, new Command.Put(Bytes.utf8(key), Bytes.utf8(value), 0, true, false, false));
  }

  private Entry entry(int life, long count, Command command) {
    return StageHarness.entry(life, count, ++lastIndex, command);
  }

  private static List<String> kinds(List<StoreEffect> effects) {
    return effects.stream().map(effect -> effect.getClass().getSimpleName()).toList();
  }

  private static <T extends StoreEffect> T one(List<StoreEffect> effects, Class<T> kind) {
    var found = effects.stream().filter(kind::isInstance).map(kind::cast).toList();
    assertThat(found).as("%s in %s", kind.getSimpleName(), kinds(effects)).isNotEmpty();
    return found.getLast();
  }
}
