package dev.kvorum.raft.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.raft.core.Message;
import dev.kvorum.raft.core.RaftEvent;
import dev.kvorum.storage.journal.EntryId;
import org.junit.jupiter.api.Test;

class EventRingTest {
  private final EventRing ring = new EventRing();

  @Test
  void whatWasRecordedIsRead() {
    ring.record(new RaftEvent.Tick());
    ring.record(new RaftEvent.Persisted(3, new EntryId(2, 9)));
    ring.record(
        new RaftEvent.Receive(new Message.AppendResponse(2, 1, 7, 1, false, 12, EntryId.ORIGIN)));

    assertThat(EventRing.read(ring.dump()))
        .containsExactly(
            "0 tick 0 0 0",
            "1 persisted sequence/term/index 3 2 9",
            "2 append-response from/term/index 2 7 12");
  }

  @Test
  void theLast65536EventsAreKept() {
    for (var index = 0; index < 70_000; index++) {
      ring.record(new RaftEvent.Applied(index));
    }

    var lines = EventRing.read(ring.dump());

    assertThat(lines).hasSize(65_536);
    assertThat(lines.getFirst()).isEqualTo("4464 applied index 4464 0 0");
    assertThat(lines.getLast()).isEqualTo("69999 applied index 69999 0 0");
  }

  @Test
  void aFileThatIsNoDumpIsRefused() {
    assertThatThrownBy(() -> EventRing.read(new byte[40]))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
