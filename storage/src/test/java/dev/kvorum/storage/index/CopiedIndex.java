package dev.kvorum.storage.index;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;

/** An index that was exported and imported. */
final class CopiedIndex {
  private CopiedIndex() {}

  static KeyIndex of(IndexView view) {
    var pages = new ArrayList<byte[]>();
    var summary =
        IndexExport.<RuntimeException>of(
            view, (bytes, size) -> pages.add(bytes.asSlice(0, size).toArray(JAVA_BYTE)));
    try {
      var copy = new IndexImport(IndexMemory.onHeap());
      for (var page : pages) {
        copy.add(MemorySegment.ofArray(page), 0, page.length);
      }
      return copy.finish(summary);
    } catch (DamagedExportException damaged) {
      throw new AssertionError(damaged);
    }
  }
}
