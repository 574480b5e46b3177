package dev.kvorum.storage.journal.disk;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * One file of a {@link FaultyDisk}, whatever it is called: what a reader finds, what is on the
 * medium, and the writes between the two.
 *
 * <p>A sector is an array that never changes once it is here, so that the images of a file share
 * them and a copy of a file copies no content. Sectors of zeros are all one array.
 */
final class FileImage {
  static final int SECTOR_BYTES = 512;
  private static final int LEAST_SECTORS = 8;
  private static final byte[] ZEROS = new byte[SECTOR_BYTES];

  /** A sector on its way to the medium. */
  static final class SectorWrite {
    /** Its place among all writes of the disk. */
    final long sequence;

    final FileImage file;
    private final int sector;
    private final byte[] content;

    /** How long the file is at least with this write. */
    private final long end;

    private SectorWrite(long sequence, FileImage file, int sector, byte[] content, long end) {
      this.sequence = sequence;
      this.file = file;
      this.sector = sector;
      this.content = content;
      this.end = end;
    }
  }

  private byte[][] live;
  private byte[][] medium;

  /** What each sector was before it was written last. */
  private byte[][] before;

  private long size;
  private long mediumSize;
  private final List<SectorWrite> unsynced = new ArrayList<>();

  FileImage() {
    live = zeros(LEAST_SECTORS);
    medium = zeros(LEAST_SECTORS);
    before = zeros(LEAST_SECTORS);
  }

  private FileImage(byte[][] content, long size) {
    live = content.clone();
    medium = content.clone();
    before = zeros(content.length);
    this.size = size;
    mediumSize = size;
  }

  /** A file with this content, all on the medium. */
  static FileImage of(byte[] bytes) {
    var image = new FileImage();
    image.write(0, 0, ByteBuffer.wrap(bytes));
    image.sync();
    Arrays.fill(image.before, ZEROS);
    return image;
  }

  /** A file with what a reader finds here, all on the medium. */
  FileImage copy() {
    return new FileImage(live, size);
  }

  long size() {
    return size;
  }

  List<SectorWrite> unsynced() {
    return unsynced;
  }

  private static byte[][] zeros(int sectors) {
    var content = new byte[sectors][];
    Arrays.fill(content, ZEROS);
    return content;
  }

  private static byte[][] grown(byte[][] content, int sectors) {
    var larger = Arrays.copyOf(content, sectors);
    Arrays.fill(larger, content.length, sectors, ZEROS);
    return larger;
  }

  private void reach(long end) {
    var sectors = Math.toIntExact((end + SECTOR_BYTES - 1) / SECTOR_BYTES);
    if (sectors > live.length) {
      var length = Math.max(sectors, 2 * live.length);
      live = grown(live, length);
      medium = grown(medium, length);
      before = grown(before, length);
    }
  }

  /**
   * Writes what remains in the source; the sectors are un-synced then.
   *
   * @param sequence the number of the first sector write
   * @return the number for the next one
   */
  long write(long sequence, long offset, ByteBuffer source) {
    var number = sequence;
    var end = offset + source.remaining();
    reach(end);
    for (var at = offset; at < end; ) {
      var sector = (int) (at / SECTOR_BYTES);
      var within = (int) (at % SECTOR_BYTES);
      var length = (int) Math.min(SECTOR_BYTES - within, end - at);
      var old = live[sector];
      var content = length == SECTOR_BYTES ? new byte[SECTOR_BYTES] : old.clone();
      source.get(content, within, length);
      at += length;
      put(number++, sector, content, at);
    }
    return number;
  }

  /** Writes zeros, as {@link #write} does. */
  long writeZeros(long sequence, long offset, long length) {
    if (offset % SECTOR_BYTES != 0 || length % SECTOR_BYTES != 0) {
      return write(sequence, offset, ByteBuffer.allocate(Math.toIntExact(length)));
    }
    var number = sequence;
    var end = offset + length;
    reach(end);
    for (var at = offset; at < end; at += SECTOR_BYTES) {
      put(number++, (int) (at / SECTOR_BYTES), ZEROS, at + SECTOR_BYTES);
    }
    return number;
  }

  private void put(long sequence, int sector, byte[] content, long end) {
    before[sector] = live[sector];
    live[sector] = content;
    size = Math.max(size, end);
    unsynced.add(new SectorWrite(sequence, this, sector, content, end));
  }

  /** The writes from {@code sequence} on never reach the medium. */
  void lose(long sequence) {
    while (!unsynced.isEmpty() && unsynced.getLast().sequence >= sequence) {
      unsynced.removeLast();
    }
  }

  /** The writes from {@code sequence} on reach the medium so many sectors further on. */
  void misdirect(long sequence, int by) {
    var sectors = Math.toIntExact(size / SECTOR_BYTES);
    for (var i = unsynced.size() - 1; i >= 0 && unsynced.get(i).sequence >= sequence; i--) {
      var write = unsynced.get(i);
      var sector = (write.sector + by) % Math.max(1, sectors);
      unsynced.set(i, new SectorWrite(write.sequence, this, sector, write.content, 0));
    }
  }

  int read(long offset, ByteBuffer target) {
    var end = Math.min(size, offset + target.remaining());
    for (var at = offset; at < end; ) {
      var within = (int) (at % SECTOR_BYTES);
      var length = (int) Math.min(SECTOR_BYTES - within, end - at);
      target.put(sector(live, at), within, length);
      at += length;
    }
    return (int) Math.max(0, end - offset);
  }

  /** Whether the medium has the bytes {@code [from, to)} as a reader finds them. */
  @SuppressWarnings("ReferenceEquality") // a sector that was written is another array
  boolean isOnMedium(long from, long to) {
    if (to > mediumSize) {
      return false;
    }
    for (var at = from; at < to; at += SECTOR_BYTES - at % SECTOR_BYTES) {
      var sector = (int) (at / SECTOR_BYTES);
      if (live[sector] != medium[sector]) {
        return false;
      }
    }
    return true;
  }

  /** The same file as a reader finds it who asks the medium; dirty sectors are written first. */
  FileImage pastCache() {
    var image = new FileImage(medium, mediumSize);
    for (var write : unsynced) {
      image.live[write.sector] = write.content;
      image.size = Math.max(image.size, write.end);
    }
    return image;
  }

  /** The content of the sector at {@code offset}, or what it was before the last write to it. */
  byte[] sector(long offset, boolean stale) {
    return sector(stale ? before : live, offset).clone();
  }

  private static byte[] sector(byte[][] sectors, long offset) {
    return sectors[(int) (offset / SECTOR_BYTES)];
  }

  /** Everything reaches the medium. */
  void sync() {
    for (var write : unsynced) {
      medium[write.sector] = write.content;
      mediumSize = Math.max(mediumSize, write.end);
    }
    unsynced.clear();
  }

  /** The sync failed: what has not reached the medium never will, but it is still read. */
  void failSyncWithCleanPages(RandomGenerator random) {
    unsynced.removeIf(_ -> random.nextBoolean());
    sync();
  }

  /** The sync failed, and readers find what is on the medium. */
  void failSyncWithOldContent() {
    unsynced.clear();
    dropCache();
  }

  /** Readers find what is on the medium, but for writes that are still on their way. */
  void dropCache() {
    live = medium.clone();
    size = mediumSize;
    for (var write : unsynced) {
      live[write.sector] = write.content;
      size = Math.max(size, write.end);
    }
  }

  /** Changes a sector on the medium and for readers, after all that was on its way there. */
  void damage(int sector, byte[] content) {
    reach((sector + 1L) * SECTOR_BYTES);
    unsynced.removeIf(write -> write.sector == sector);
    live[sector] = content;
    medium[sector] = content;
  }

  /** The file ends earlier, on the medium and for readers. */
  void truncate(long newSize) {
    size = newSize;
    mediumSize = newSize;
    for (var sector = Math.toIntExact(newSize / SECTOR_BYTES); sector < live.length; sector++) {
      live[sector] = ZEROS;
      medium[sector] = ZEROS;
    }
  }

  /** What a crash leaves: the medium at first, then with writes {@linkplain #keep kept}. */
  FileImage found(Survival.Size sizes) {
    return new FileImage(medium, sizes == Survival.Size.NEW ? size : mediumSize);
  }

  /** A write to the file that this image is found of has survived a crash in this way. */
  void keep(SectorWrite write, Survival.Sector fate, Survival.Size sizes) {
    if (fate == Survival.Sector.GONE || (sizes == Survival.Size.OLD && write.end > size)) {
      return;
    }
    var content = write.content;
    if (fate == Survival.Sector.SHORN) {
      var shorn = content.clone();
      var old = live[write.sector];
      System.arraycopy(old, SECTOR_BYTES / 2, shorn, SECTOR_BYTES / 2, SECTOR_BYTES / 2);
      content = shorn;
    }
    live[write.sector] = content;
    medium[write.sector] = content;
    size = Math.max(size, write.end);
    mediumSize = size;
  }
}
