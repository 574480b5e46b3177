package dev.kvorum.storage.lease;

/**
 * A number for every slot, 0 until one is set. Pages appear when a number other than 0 is set in
 * them and are never copied, so growing takes no longer with a million slots than with a thousand,
 * and a column that is not used costs nothing.
 */
final class LongColumn {
  private final Pages<long[]> pages = new Pages<>(long[][]::new);

  long get(int slot) {
    var page = pages.at(slot);
    return page == null ? 0 : page[Pages.within(slot)];
  }

  void set(int slot, long value) {
    var page = pages.at(slot);
    if (page == null) {
      if (value == 0) {
        return;
      }
      page = pages.put(slot, new long[Pages.SLOTS]);
    }
    page[Pages.within(slot)] = value;
  }

  long sizeBytes() {
    return pages.sizeBytes(Long.BYTES);
  }
}
