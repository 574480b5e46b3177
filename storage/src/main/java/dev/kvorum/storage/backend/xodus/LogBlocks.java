package dev.kvorum.storage.backend.xodus;

import jetbrains.exodus.log.BlockSet;
import jetbrains.exodus.log.Log;

/**
 * The files of the engine's log as they are at one moment, read past the engine's cache. Whoever
 * reads holds a transaction, which keeps the files; its own can be no older than they are.
 */
final class LogBlocks {
  private final Log log;
  private final BlockSet blocks;

  LogBlocks(Log log) {
    this.log = log;
    blocks = log.getTip().getBlockSetCopy();
  }

  /**
   * Reads what the file has from this address on.
   *
   * @return how many bytes that were, at most {@code count}
   */
  int read(long address, byte[] to, int count) {
    var file = log.getFileAddress(address);
    return Math.max(0, blocks.getBlock(file).read(to, address - file, 0, count));
  }
}
