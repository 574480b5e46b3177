package dev.kvorum.storage.backend.xodus;

import java.io.IOException;
import java.util.Locale;
import jetbrains.exodus.OutOfDiskSpaceException;
import org.jspecify.annotations.Nullable;

/** Tells a full disk from a broken one. */
final class NoSpace {
  private NoSpace() {}

  /** Whether the file system, or its owner's quota, being full is the reason of the failure. */
  static boolean isCauseOf(Throwable failure) {
    for (@Nullable Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof OutOfDiskSpaceException || isNoSpace(each)) {
        return true;
      }
    }
    return false;
  }

  /** The JDK has no exception of its own for this, only the system's text. */
  private static boolean isNoSpace(Throwable failure) {
    var text = failure.getMessage();
    if (!(failure instanceof IOException) || text == null) {
      return false;
    }
    var lower = text.toLowerCase(Locale.ROOT);
    return lower.contains("no space left on device") || lower.contains("disk quota exceeded");
  }
}
