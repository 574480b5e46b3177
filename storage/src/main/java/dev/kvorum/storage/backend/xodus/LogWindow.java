package dev.kvorum.storage.backend.xodus;

/**
 * A stretch of the engine's log that was read from its files: short where reads jump about, longer
 * the longer they go on where the last one ended. The next stretch takes the place of the last.
 */
final class LogWindow {
  private static final int SHORTEST_BYTES = 2 << 10;

  /** The longest stretch, but for what is longer itself. */
  static final int LONGEST_BYTES = 64 << 10;

  private final LogBlocks blocks;
  private final byte[] memory;

  /** The memory, or an array of its own for what does not fit. */
  private byte[] bytes;

  private int size;

  /** The log address of the first byte. */
  private long from;

  private int nextBytes = SHORTEST_BYTES;

  /**
   * @param memory of {@link #LONGEST_BYTES}
   */
  LogWindow(LogBlocks blocks, byte[] memory) {
    this.blocks = blocks;
    this.memory = memory;
    bytes = memory;
  }

  /**
   * Makes the bytes {@code [address, address + count)} of the log available.
   *
   * @return where they begin in {@link #bytes()}
   * @throws IndexOutOfBoundsException if they are not in the file: the engine has them in memory,
   *     or nobody does
   */
  int open(long address, int count) {
    if (address < from || address + count > from + size) {
      read(address, count);
    }
    return (int) (address - from);
  }

  private void read(long address, int count) {
    var goesOn = address >= from && address <= from + size + nextBytes;
    nextBytes = goesOn ? Math.min(2 * nextBytes, LONGEST_BYTES) : SHORTEST_BYTES;
    var wanted = Math.max(nextBytes, count);
    bytes = wanted <= memory.length ? memory : new byte[wanted];
    from = address;
    size = blocks.read(address, bytes, wanted);
    if (size < count) {
      throw new IndexOutOfBoundsException("%d bytes at %d, not %d".formatted(size, address, count));
    }
  }

  /** Holds what was opened last until the next opening. */
  byte[] bytes() {
    return bytes;
  }
}
