package dev.kvorum.raft.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a completed write proves, and when a message may go. */
class PersistenceTest {
  private final Persistence persistence = new Persistence();
  private final List<Message> sent = new ArrayList<>();

  private EntryId writes(long term, long index) {
    var entry = new Entry(term, index, Entry.Type.COMMAND, Bytes.EMPTY);
    persistence.made(
        new Persist(
            persistence.nextSequence(), null, null, null, List.of(entry), EntryId.of(entry), 0));
    return EntryId.of(entry);
  }

  private void votes(long term) {
    persistence.made(
        new Persist(
            persistence.nextSequence(),
            new HardState(term, 1, 0),
            null,
            null,
            List.of(),
            EntryId.ORIGIN,
            0));
  }

  private static Message message(long term) {
    return new Message.TimeoutNow(1, 2, term);
  }

  @Test
  void aCompletionProvesWhatItWrote() {
    var last = writes(1, 5);
    assertThat(persistence.complete(1, last).provenIndex()).isEqualTo(5);
  }

  @Test
  void aCompletionProvesNothingThatWasOverwrittenMeanwhile() {
    var first = writes(1, 5);
    persistence.logReplacedFrom(5);
    writes(2, 5);
    persistence.logReplacedFrom(5);
    var third = writes(1, 5);
    assertThat(persistence.complete(1, first).provenIndex()).isEqualTo(4);
    assertThat(persistence.complete(3, third).provenIndex()).isEqualTo(5);
  }

  @Test
  void aLaterCompletionCompletesTheEarlierOnes() {
    writes(1, 5);
    var second = writes(1, 6);
    assertThat(persistence.complete(2, second).provenIndex()).isEqualTo(6);
    assertThat(persistence.underWay()).isZero();
  }

  @Test
  void aDoubledCompletionProvesNothingNew() {
    var last = writes(1, 5);
    persistence.complete(1, last);
    assertThat(persistence.complete(1, last).provenIndex()).isZero();
  }

  @Test
  void theDiskMustCompleteWhatItWasGiven() {
    writes(1, 5);
    assertThatThrownBy(() -> persistence.complete(1, new EntryId(1, 6)))
        .isInstanceOf(InvariantViolation.class);
    assertThatThrownBy(() -> persistence.complete(9, EntryId.ORIGIN))
        .isInstanceOf(InvariantViolation.class);
  }

  @Test
  void aMessageWaitsForItsTermAndAnAcknowledgementAlsoForItsEntries() {
    votes(2);
    var last = writes(2, 5);
    persistence.send(message(2), false, sent);
    persistence.send(message(3), true, sent);
    assertThat(sent).isEmpty();

    persistence.complete(1, EntryId.ORIGIN);
    persistence.release(2, sent);
    assertThat(sent).containsExactly(message(2));

    persistence.complete(2, last);
    persistence.release(2, sent);
    assertThat(sent).containsExactly(message(2), message(3));
  }

  @Test
  void aMessageOfAnEarlierTermIsDroppedWhenItsTimeComes() {
    var last = writes(1, 5);
    persistence.send(message(1), true, sent);
    persistence.complete(1, last);
    persistence.release(2, sent);
    assertThat(sent).isEmpty();
  }

  @Test
  void aMessageThatWaitsForNothingGoesAtOnce() {
    writes(1, 5);
    persistence.send(message(1), false, sent);
    assertThat(sent).containsExactly(message(1));
  }
}
