package dev.kvorum.storage.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.storage.index.IndexEntry;
import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.index.IndexView;
import dev.kvorum.storage.index.KeyIndex;
import dev.kvorum.storage.journal.Owner;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.DiskOperation;
import dev.kvorum.storage.journal.disk.ForwardingDisk;
import dev.kvorum.storage.journal.disk.MemoryDisk;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.IndexMisfitException;
import dev.kvorum.storage.mvcc.StoreMeta;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** The file of a checkpoint: it comes back as it was, or not at all. */
final class CheckpointFileTest {
  private static final Owner OWNER = new Owner(7, 8);
  private static final StoreMeta META = new StoreMeta(90, 3, 70, 40, 40, 5_000, 4_000, 11, 12);
  private static final StoreMeta LATER = new StoreMeta(91, 3, 71, 40, 40, 5_100, 4_100, 13, 14);
  private static final StoreMeta COMPLETE = new StoreMeta(95, 3, 75, 40, 40, 5_400, 4_400, 15, 16);
  private static final KeyRange ALL = new KeyRange(Bytes.EMPTY, null);

  private final MemoryDisk disk = new MemoryDisk(Runnable::run);
  private final Checkpoints checkpoints = new Checkpoints(disk, OWNER);
  private final KeyIndex index = new KeyIndex(IndexMemory.onHeap());
  private final List<Attachments.Attachment> attached = new ArrayList<>();
  private long main = 1;

  private void put(String key, int version) {
    main++;
    index.put(Bytes.utf8(key), new Revision(main, 0), main - version + 1, version, 300);
  }

  private void attach(Bytes key, long lease) {
    attached.add(new Attachments.Attachment(key, lease));
  }

  private void write() throws DiskFaultException {
    try (var writer = checkpoints.begin()) {
      writer.header(META);
      var summary = writer.pages(index::hold);
      // In two slices: the table changes while it is copied.
      var half = attached.size() / 2;
      var slices =
          new ArrayList<>(
              List.of(
                  new Attachments.Slice(attached.subList(0, half), LATER, false),
                  new Attachments.Slice(attached.subList(half, attached.size()), COMPLETE, true)));
      var complete = writer.attachments(slices::removeFirst);
      var bytes = writer.finish(complete, summary);
      writer.adopt();
      assertThat(disk.size(Checkpoints.PATH)).isEqualTo(bytes);
    }
  }

  private Checkpoint read() throws DamagedCheckpointException {
    return Objects.requireNonNull(checkpoints.read(IndexMemory.onHeap()));
  }

  private static List<IndexEntry> entries(KeyIndex index) {
    var entries = new ArrayList<IndexEntry>();
    index.present().scan(ALL, Long.MAX_VALUE, entries::add);
    return entries;
  }

  private void checkContent(Checkpoint checkpoint) throws IndexMisfitException {
    assertThat(checkpoint.kept().meta()).isEqualTo(META);
    assertThat(checkpoint.kept().complete()).isEqualTo(COMPLETE);
    assertThat(entries(checkpoint.kept().index())).isEqualTo(entries(index));
    var found = new ArrayList<Attachments.Attachment>();
    checkpoint.attachAll(
        (key, lease) -> found.add(new Attachments.Attachment(key.compact(), lease)));
    assertThat(found).isEqualTo(attached);
  }

  @Test
  void smallIndexComesBack() throws Exception {
    put("a", 1);
    put("b", 1);
    put("a", 2);
    attach(Bytes.utf8("b"), 77);
    write();
    checkContent(read());
  }

  @Test
  void emptyIndexComesBack() throws Exception {
    write();
    checkContent(read());
  }

  @Test
  void largeIndexComesBackFromManyFrames() throws Exception {
    for (var i = 0; i < 60_000; i++) {
      put("/registry/" + i % 50_000, 1 + i / 50_000);
    }
    write();
    assertThat(disk.size(Checkpoints.PATH)).isGreaterThan(2 * Frame.BYTES);
    checkContent(read());
  }

  /** A view that is held while the disk works would keep every page that is replaced meanwhile. */
  @Test
  void nothingOfTheIndexIsHeldWhileTheDiskWorks() throws Exception {
    for (var i = 0; i < 20_000; i++) {
      put("/registry/" + i, 1);
    }
    var given = new ArrayList<IndexView>();
    var slow =
        new ForwardingDisk(disk) {
          @Override
          public void perform(List<DiskOperation> operations) throws DiskFaultException {
            assertThat(given).noneMatch(IndexView::tryHold);
            super.perform(operations);
          }
        };
    try (var writer = new Checkpoints(slow, OWNER).begin()) {
      writer.header(META);
      var _ =
          writer.pages(
              () -> {
                // So that it is a view that only the writer of the checkpoint holds.
                put("/registry/0", 2);
                given.add(index.hold());
                return given.getLast();
              });
    }
    assertThat(given).hasSizeGreaterThan(5);
  }

  @Test
  void attachedKeysMayBeLargerThanAFrame() throws Exception {
    var random = new Random(1);
    for (var size : new int[] {0, 5, Frame.PAYLOAD_BYTES - 30, 3 * Frame.PAYLOAD_BYTES, 1, 9}) {
      var key = new byte[size];
      random.nextBytes(key);
      attach(Bytes.wrap(key), random.nextLong());
    }
    write();
    checkContent(read());
  }

  @Test
  void anEarlierOneIsReplaced() throws Exception {
    put("a", 1);
    write();
    put("b", 1);
    write();
    checkContent(read());
    assertThat(disk.list(Checkpoints.DIRECTORY)).containsExactly("checkpoint");
  }

  @Test
  void unfinishedOneDoesNotCount() throws Exception {
    put("a", 1);
    write();
    var before = disk.content(Checkpoints.PATH).clone();
    put("b", 1);
    try (var writer = checkpoints.begin()) {
      writer.header(META);
      writer.finish(COMPLETE, writer.pages(index::hold));
      assertThat(disk.content(Checkpoints.PATH)).isEqualTo(before);
      writer.abandon();
    }
    assertThat(disk.list(Checkpoints.DIRECTORY)).containsExactly("checkpoint");
  }

  @Test
  void thereIsNoneAtFirstAndAfterItWasDropped() throws Exception {
    assertThat(checkpoints.read(IndexMemory.onHeap())).isNull();
    checkpoints.drop();
    write();
    checkpoints.drop();
    assertThat(checkpoints.read(IndexMemory.onHeap())).isNull();
  }

  private byte[] small() throws DiskFaultException {
    put("a", 1);
    put("b", 1);
    put("a", 2);
    attach(Bytes.utf8("b"), 77);
    write();
    return disk.content(Checkpoints.PATH).clone();
  }

  @Test
  void everyFlippedBitIsFound() throws Exception {
    var whole = small();
    for (var bit = 0; bit < whole.length * Byte.SIZE; bit++) {
      var damaged = whole.clone();
      damaged[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
      disk.put(Checkpoints.PATH, damaged);
      assertThatThrownBy(this::read)
          .as("bit %d", bit)
          .isInstanceOf(DamagedCheckpointException.class);
    }
  }

  @Test
  void everyTruncationAndEveryAdditionIsFound() throws Exception {
    var whole = small();
    for (var size = 0; size < whole.length + 40; size++) {
      if (size != whole.length) {
        disk.put(Checkpoints.PATH, Arrays.copyOf(whole, size));
        assertThatThrownBy(this::read)
            .as("%d of %d bytes", size, whole.length)
            .isInstanceOf(DamagedCheckpointException.class);
      }
    }
  }

  @Test
  void everyZeroedStretchIsFound() throws Exception {
    var whole = small();
    for (var from = 0; from < whole.length; from += 7) {
      var damaged = whole.clone();
      Arrays.fill(damaged, from, Math.min(from + 16, whole.length), (byte) 0);
      if (!Arrays.equals(whole, damaged)) {
        disk.put(Checkpoints.PATH, damaged);
        assertThatThrownBy(this::read).isInstanceOf(DamagedCheckpointException.class);
      }
    }
  }

  @Test
  void framesOfTwoCheckpointsDoNotMix() throws Exception {
    var first = small();
    attached.set(0, new Attachments.Attachment(Bytes.utf8("a"), 77));
    write();
    var second = disk.content(Checkpoints.PATH).clone();
    assertThat(second).hasSameSizeAs(first);
    // All of the second but for its last frame.
    var footer = second.length - Frame.PAYLOAD_AT - 64 - Frame.CHECKSUM_BYTES;
    System.arraycopy(first, footer, second, footer, second.length - footer);
    disk.put(Checkpoints.PATH, second);
    assertThatThrownBy(this::read)
        .isInstanceOf(DamagedCheckpointException.class)
        .hasMessageContaining("do not belong together");
  }

  @Test
  void anotherMembersIsRefused() throws Exception {
    small();
    var other = new Checkpoints(disk, new Owner(7, 9));
    assertThatThrownBy(() -> other.read(IndexMemory.onHeap()))
        .isInstanceOf(DamagedCheckpointException.class)
        .hasMessageContaining("another member's");
  }

  @Test
  void anotherFormatIsRefusedByItsNumber() throws Exception {
    var whole = small();
    var buffer = ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN);
    buffer.putInt(Frame.PAYLOAD_AT, CheckpointWriter.FORMAT + 1);
    var end = Frame.PAYLOAD_AT + buffer.getInt(12);
    var crc = new CRC32C();
    crc.update(whole, 0, end);
    buffer.putInt(end, (int) crc.getValue());
    disk.put(Checkpoints.PATH, whole);
    assertThatThrownBy(this::read)
        .isInstanceOf(DamagedCheckpointException.class)
        .hasMessageContaining("unknown format 3");
  }
}
