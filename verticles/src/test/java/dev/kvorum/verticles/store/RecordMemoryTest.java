package dev.kvorum.verticles.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.verticles.service.Ledger;
import dev.kvorum.verticles.service.Ledger.Account;
import org.junit.jupiter.api.Test;

/** The tail's bounds: who makes haste, who is refused and who waits, in this order. */
final class RecordMemoryTest {
  private static final int TAIL_BYTES = 100_000;
  private static final Bytes RECORD = Bytes.wrap(new byte[1_000]);

  private final Ledger ledger = new Ledger(1, 1, TAIL_BYTES, 0);
  private final RecordMemory memory = new RecordMemory(ledger);
  private long revision;

  @Test
  void itIsFillingBeforeClientsAreRefusedAndFullLongAfterThat() {
    addRecordsUpTo(TAIL_BYTES / 2);
    assertThat(memory.isFilling()).isTrue();
    assertThat(ledger.isOver(Account.TAIL)).isFalse();

    addRecordsUpTo(TAIL_BYTES + 1);
    assertThat(ledger.isOver(Account.TAIL)).isTrue();
    assertThat(memory.isFull()).isFalse();

    addRecordsUpTo(2 * TAIL_BYTES);
    assertThat(memory.isFull()).isTrue();
  }

  @Test
  void whatTheBackendShowsMakesRoomAgain() {
    addRecordsUpTo(TAIL_BYTES / 2);
    memory.flushed(new Revision(revision, 0));

    assertThat(memory.isFilling()).isFalse();
  }

  private void addRecordsUpTo(long bytes) {
    while (memory.tailBytes() < bytes) {
      assertThat(memory.isFull()).isFalse();
      memory.add(new Revision(++revision, 0), RECORD);
    }
  }
}
