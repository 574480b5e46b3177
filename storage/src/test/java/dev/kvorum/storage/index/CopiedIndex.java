package dev.kvorum.storage.index;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;

/** An index that was exported and imported. */
final class CopiedIndex {
  private CopiedIndex() {}

  static KeyIndex of(IndexView view) {
    var pages = new ArrayList<byte[]>();
    var summary =
        IndexExport.<RuntimeException>of(view, (bytes, size) -> pages.add(copy(bytes, size)));
    try {
      var copy = new IndexImport(IndexMemory.onHeap());
      for (var page : pages) {
        copy.add(ByteBuffer.wrap(page).order(ByteOrder.LITTLE_ENDIAN), 0, page.length);
      }
      return copy.finish(summary);
    } catch (DamagedExportException damaged) {
      throw new AssertionError(damaged);
    }
  }

  private static byte[] copy(ByteBuffer bytes, int size) {
    var copy = new byte[size];
    bytes.get(0, copy, 0, size);
    return copy;
  }
}
