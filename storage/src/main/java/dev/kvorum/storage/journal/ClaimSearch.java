package dev.kvorum.storage.journal;

import org.jspecify.annotations.Nullable;

/**
 * Finds out how far the log had reached, from what is left of batches that are not whole (P5). The
 * newest batch of which anything is left tells it, by its header or by its trailer; unless there is
 * rot behind it, which may have been a newer one, or a newer one is known to have been.
 */
final class ClaimSearch {
  private final long near;
  private long newest;
  private @Nullable EntryId claimed;
  private boolean obscured;

  /** Where the newest batch ends in the segment that is being looked at. */
  private int end;

  private ClaimSearch(long near) {
    this.near = near;
  }

  /**
   * Looks at a segment from a sector on, and at all later segments.
   *
   * @param near the number of a batch that is not far from the ones to be seen
   * @param newestKnown the number of the newest batch that is known to have been written: where
   *     nothing of it is left in its place, the ones before it do not tell how far it reached
   * @return where the log ended, or null if nothing tells
   */
  static @Nullable EntryId from(
      Iterable<SegmentReader> segments, int firstSector, long near, long newestKnown) {
    var search = new ClaimSearch(near);
    var from = firstSector;
    for (var segment : segments) {
      search.end = from;
      for (var at = from; at < segment.sectorCount(); at++) {
        search.see(segment, at);
      }
      from = 0;
    }
    return search.obscured || search.newest < newestKnown ? null : search.claimed;
  }

  private void see(SegmentReader in, int at) {
    switch (in.kind(at)) {
      case CURRENT -> seeWhole(in, at);
      case GARBAGE, MISPLACED -> obscured |= at >= end;
      case BLANK, OLD -> {}
    }
  }

  private void seeWhole(SegmentReader in, int at) {
    var offset = in.load(at, 1);
    var buffer = in.buffer();
    var number = Sector.batch(buffer, offset, near);
    if (number < newest) {
      return;
    }
    if (number > newest) {
      newest = number;
      claimed = null;
    }
    obscured = false;
    end = Math.max(end, at + 1);
    if (Sector.isFirstOfBatch(buffer, offset) && BatchHeader.isAt(buffer, offset)) {
      var header = BatchHeader.decode(buffer, offset);
      claimed = header.last();
      end = at + BatchHeader.sectors(Math.max(0, header.batchBytes()));
    } else if (Sector.isLastOfBatch(buffer, offset)
        && BatchHeader.sectorsByTrailer(buffer, offset) > 1) {
      claimed = BatchHeader.positionByTrailer(buffer, offset);
    }
  }
}
