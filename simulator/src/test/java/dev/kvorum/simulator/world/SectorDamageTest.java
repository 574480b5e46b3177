package dev.kvorum.simulator.world;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.disk.DiskOperation;
import dev.kvorum.storage.journal.disk.FaultKind;
import dev.kvorum.storage.journal.disk.FaultyDisk;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A segment with batches 1 to 4, each of one sector and one entry. */
final class SectorDamageTest {
  private static final String SEGMENT = "journal/0000000001.seg";
  private static final int SECTOR = FaultyDisk.SECTOR_BYTES;
  private static final int BATCHES = 4;

  private final FaultyDisk files = new FaultyDisk();
  private final SectorDamage damage = new SectorDamage();
  private final BatchEnds ends = new BatchEnds();

  @BeforeEach
  void write() throws Exception {
    var content = ByteBuffer.allocate(BATCHES * SECTOR).order(ByteOrder.LITTLE_ENDIAN);
    for (var batch = 1; batch <= BATCHES; batch++) {
      var at = (batch - 1) * SECTOR;
      content.put(at, (byte) batch).putInt(at + SECTOR - 8, batch);
      var crc = new CRC32C();
      crc.update(content.array(), at, SECTOR - 4);
      content.putInt(at + SECTOR - 4, (int) crc.getValue());
      ends.durable(batch, new EntryId(1, batch));
    }
    files.perform(
        List.of(
            new DiskOperation.MakeDirectory("journal"),
            new DiskOperation.Create(SEGMENT),
            new DiskOperation.Write(SEGMENT, 0, content)));
  }

  private void zero(int batch) {
    damage.hits(files, SEGMENT, batch - 1, true);
    files.damage(FaultKind.ZEROED_SECTOR, SEGMENT, batch - 1);
  }

  private void garble(int batch) {
    damage.hits(files, SEGMENT, batch - 1, false);
    files.damage(FaultKind.GARBLED_SECTOR, SEGMENT, batch - 1);
  }

  @Test
  void aZeroedEndLooksTorn() {
    zero(4);
    assertThat(damage.firstTorn(files)).isEqualTo(4);
  }

  @Test
  void aWholeSectorOfALaterBatchTells() {
    zero(3);
    assertThat(damage.firstTorn(files)).isEqualTo(Long.MAX_VALUE);
    garble(4);
    assertThat(damage.firstTorn(files)).isEqualTo(3);
  }

  @Test
  void rotBeforeTheZeroedEndIsRot() {
    garble(3);
    zero(4);
    assertThat(damage.firstTorn(files)).isEqualTo(4);
    assertThat(ends.firstBehind(new EntryId(1, 2))).isEqualTo(3);
    assertThat(ends.firstBehind(new EntryId(1, 3))).isEqualTo(4);
  }

  @Test
  void aBatchThatIsWrittenAgainHidesThoseBehindIt() {
    ends.durable(3, new EntryId(2, 3));
    assertThat(ends.firstBehind(new EntryId(1, 3))).isEqualTo(3);
    assertThat(ends.firstBehind(new EntryId(2, 3))).isEqualTo(Long.MAX_VALUE);
  }
}
