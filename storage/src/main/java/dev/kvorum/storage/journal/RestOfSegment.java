package dev.kvorum.storage.journal;

/**
 * What lies in a segment from the place on where the next batch should begin: the evidence by which
 * a write that a crash cut short is told from a loss (P4).
 */
final class RestOfSegment {
  private final SegmentReader in;
  private final int from;
  private final long expected;

  /** The first sector of a later batch, -1 if there is none. */
  private int firstLater = -1;

  /** The last whole sector of the expected batch, -1 if there is none. */
  private int lastOwn = -1;

  /** Where the batch ends as its trailer, or its header, says; -1 if neither is there. */
  private int trailerEnd = -1;

  private int headerEnd = -1;
  private long highestNumber;
  private long highestElsewhere;
  private int toSector;
  private boolean rotten;
  private boolean laterIsElsewhere;
  private int strays;

  private RestOfSegment(SegmentReader in, int from, long expected) {
    this.in = in;
    this.from = from;
    this.expected = expected;
  }

  /**
   * Looks at every sector from {@code from} on.
   *
   * @param expected the number of the batch that should begin there
   */
  static RestOfSegment examine(SegmentReader in, int from, long expected) {
    var rest = new RestOfSegment(in, from, expected);
    var firstOdd = in.sectorCount();
    for (var at = from; at < in.sectorCount(); at++) {
      switch (in.kind(at)) {
        case CURRENT -> rest.noteWhole(at);
        case OLD, BLANK -> {}
        case MISPLACED, GARBAGE -> firstOdd = Math.min(firstOdd, at);
      }
    }
    rest.noteHeader();
    rest.toSector = rest.end();
    // Most often there is nothing odd, and all that was never written need not be read again.
    for (var at = Math.max(from, firstOdd); at < Math.max(rest.toSector, in.sectorCount()); at++) {
      rest.noteRot(at);
    }
    return rest;
  }

  private void noteWhole(int at) {
    var offset = in.load(at, 1);
    var number = Sector.batch(in.buffer(), offset, expected);
    highestNumber = Math.max(highestNumber, number);
    if (number > expected && firstLater < 0) {
      firstLater = at;
    }
    if (number != expected) {
      return;
    }
    lastOwn = at;
    if (Sector.isLastOfBatch(in.buffer(), offset)) {
      var count = BatchHeader.sectorsByTrailer(in.buffer(), offset);
      if (count > 1 && at - count + 1 == from) {
        trailerEnd = at + 1;
      }
    }
  }

  private void noteHeader() {
    if (from < in.sectorCount() && lastOwn >= 0 && in.beginsBatch(from)) {
      var offset = in.load(from, 1);
      if (BatchHeader.isAt(in.buffer(), offset)) {
        var header = BatchHeader.decode(in.buffer(), offset);
        headerEnd = from + BatchHeader.sectors(Math.max(0, header.batchBytes()));
      }
    }
  }

  private int end() {
    if (headerEnd > 0) {
      return headerEnd;
    }
    if (trailerEnd > 0) {
      return trailerEnd;
    }
    if (lastOwn >= 0) {
      return lastOwn + 1;
    }
    return firstLater >= 0 ? firstLater : from + 1;
  }

  private void noteRot(int at) {
    var kind = at < in.sectorCount() ? in.kind(at) : Sector.Kind.GARBAGE;
    if (kind != Sector.Kind.GARBAGE && kind != Sector.Kind.MISPLACED) {
      return;
    }
    // A sector of this batch in another place proves that the batch was written whole, and one of a
    // later batch that this one was even synced.
    var found = kind == Sector.Kind.MISPLACED ? batch(at) : 0;
    highestElsewhere = Math.max(highestElsewhere, found);
    var number = expected > 0 ? found : 0;
    if (number > expected) {
      highestNumber = Math.max(highestNumber, number);
      laterIsElsewhere = true;
    }
    if (number == expected && number > 0) {
      rotten = true;
    } else if (at >= toSector) {
      strays++;
    } else if (from < in.sectorCount() || lastOwn >= 0) {
      rotten = true;
    }
  }

  private long batch(int at) {
    return Sector.batch(in.buffer(), in.load(at, 1), expected);
  }

  /** Where the missing batch ends, as far as anything tells. */
  int toSector() {
    return toSector;
  }

  /** Whether something of a later batch is there, be it in a wrong place. */
  boolean hasLater() {
    return firstLater >= 0 || laterIsElsewhere;
  }

  /** The highest number of a batch of which a sector is there. */
  long highestNumber() {
    return highestNumber;
  }

  /** The highest number of a batch of which a sector is in a wrong place; 0 if none is. */
  long highestElsewhere() {
    return highestElsewhere;
  }

  /** Nothing of the batch is there and nothing rotten is in its place. */
  boolean isUntouched() {
    return lastOwn < 0 && !hasLater() && !rotten;
  }

  /** Something rotten is where the batch was. */
  boolean isRotten() {
    return rotten;
  }

  /** How many unreadable sectors lie where nothing was written yet. */
  int strays() {
    return strays;
  }
}
