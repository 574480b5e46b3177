package dev.kvorum.simulator.oracle;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.simulator.world.WatchMessage;
import dev.kvorum.simulator.world.WrongException;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.watch.WatchRequest;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a watch may leave out, and what not: a key is deleted and put in revision 3. */
final class WatchOracleTest {
  private static final long LINE = 7;

  private final NaiveModel model = new NaiveModel();
  private final WatchOracle oracle = new WatchOracle(model);

  @BeforeEach
  void aKeyChangesTwiceInOneRevision() {
    model.write(put("a"));
    model.write(
        new Command.Txn(
            List.of(),
            List.of(
                new Command.DeleteRange(Bytes.utf8("a"), Bytes.hex("00"), false),
                put("a"),
                put("b")),
            List.of()));
  }

  private static Command.Put put(String key) {
    return new Command.Put(Bytes.utf8(key), Bytes.utf8("1"), 0, false, false, false);
  }

  private void watchFromThree(boolean noPut) {
    var request =
        new WatchRequest.Create(
            Bytes.utf8("a"), Bytes.utf8("z"), 3, true, noPut, false, false, 0, false);
    oracle.asked(LINE, request, 3);
    oracle.heard(LINE, new WatchMessage(3, 0, true, false, 0, "", false, List.of()));
  }

  /** Shows changes by their places: 1 the delete, 2 the put of the key, 3 the put of another. */
  private void show(int... places) {
    var changes = Arrays.stream(places).mapToObj(this::change).toList();
    oracle.heard(LINE, new WatchMessage(3, 0, false, false, 0, "", false, changes));
  }

  private WatchMessage.Change change(int place) {
    var version = model.change(place);
    var deleted = version.kv() == null;
    return new WatchMessage.Change(
        deleted,
        deleted ? KeyValueCodec.deleted(version.key(), version.main()) : version.record(),
        Bytes.EMPTY);
  }

  private void compact(long revision) {
    model.write(new Command.Compact(revision, false));
  }

  private static void assertWrong(Runnable step, String rule) {
    assertThatThrownBy(step::run)
        .isInstanceOf(WrongException.class)
        .extracting(wrong -> ((WrongException) wrong).what())
        .isEqualTo(rule);
  }

  @Test
  void aChangeOvertakenInTheCompactRevisionMayBeLeftOut() {
    compact(3);
    watchFromThree(false);
    assertThatCode(() -> show(2, 3)).doesNotThrowAnyException();
  }

  @Test
  void aChangeOvertakenInTheCompactRevisionMayStillBeShown() {
    compact(3);
    watchFromThree(false);
    assertThatCode(() -> show(1, 2, 3)).doesNotThrowAnyException();
  }

  @Test
  void aLaterCompactionDoesNotForbidWhatAnEarlierOneTook() {
    compact(3);
    watchFromThree(false);
    model.write(put("c"));
    compact(4);
    assertThatCode(() -> show(2, 3)).doesNotThrowAnyException();
  }

  @Test
  void progressMayPassAChangeOvertakenInTheCompactRevision() {
    compact(3);
    watchFromThree(true);
    assertThatCode(this::show).doesNotThrowAnyException();
  }

  @Test
  void theLastChangeOfAKeyInTheCompactRevisionMayNotBeLeftOut() {
    compact(3);
    watchFromThree(false);
    assertWrong(() -> show(3), "a watch leaves nothing out");
    assertWrong(() -> show(1, 2), "the changes of a revision come together");
  }

  @Test
  void aChangeIsNotLeftOutBecauseOfACompactionElsewhere() {
    compact(2);
    watchFromThree(false);
    assertWrong(() -> show(2, 3), "a watch leaves nothing out");
  }
}
