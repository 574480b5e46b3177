package dev.kvorum.storage.index;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.function.Supplier;

/** An index that was exported and imported. */
final class CopiedIndex {
  private CopiedIndex() {}

  /** A copy of one moment. */
  static KeyIndex of(IndexView view, int sliceBytes) {
    return of(
        () -> {
          assertThat(view.tryHold()).isTrue();
          return view;
        },
        sliceBytes);
  }

  /**
   * A copy of an index that may change meanwhile.
   *
   * @param views gives a view with a claim for each slice
   */
  static KeyIndex of(Supplier<IndexView> views, int sliceBytes) {
    var pages = new ArrayList<byte[]>();
    var export = new IndexExport<RuntimeException>((bytes, size) -> pages.add(copy(bytes, size)));
    var goesOn = true;
    while (goesOn) {
      var view = views.get();
      goesOn = export.copy(view, sliceBytes);
      view.release();
    }
    var summary = export.finish();
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
