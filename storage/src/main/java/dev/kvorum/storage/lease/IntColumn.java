package dev.kvorum.storage.lease;

/** As {@link LongColumn}, of four bytes a slot. */
final class IntColumn {
  private final Pages<int[]> pages = new Pages<>(int[][]::new);

  int get(int slot) {
    var page = pages.at(slot);
    return page == null ? 0 : page[Pages.within(slot)];
  }

  void set(int slot, int value) {
    var page = pages.at(slot);
    if (page == null) {
      if (value == 0) {
        return;
      }
      page = pages.put(slot, new int[Pages.SLOTS]);
    }
    page[Pages.within(slot)] = value;
  }

  long sizeBytes() {
    return pages.sizeBytes(Integer.BYTES);
  }
}
