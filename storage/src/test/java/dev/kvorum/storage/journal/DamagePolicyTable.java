package dev.kvorum.storage.journal;

import dev.kvorum.storage.journal.WrittenJournal.Written;
import dev.kvorum.storage.journal.disk.MemoryDisk;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The table of the fault policy (P4), applied to a journal of which every batch is known: what the
 * scan must say after the sectors have changed as they have. Shares only the classification of one
 * sector with the scan.
 */
final class DamagePolicyTable {
  /**
   * What the scan must find.
   *
   * @param batch the first batch that is not whole and not settled, null if there is none
   * @param from the first one of the run of batches before it that are not whole either, null if
   *     the place is not told
   */
  record Expected(Verdict.Kind kind, @Nullable Written batch, @Nullable Written from) {}

  private final WrittenJournal journal;
  private final Map<String, Sector.Kind[]> kinds = new HashMap<>();
  private final List<Written> batches;

  DamagePolicyTable(WrittenJournal journal) {
    this.journal = journal;
    batches = journal.batches();
    journal.files().forEach((path, content) -> look(path, content));
  }

  private void look(String path, byte[] content) {
    if (path.endsWith(".seg")) {
      var found = new Sector.Kind[writtenBytes(path) / Sector.BYTES];
      for (var sector = 0; sector < found.length; sector++) {
        found[sector] = classify(path, content, sector);
      }
      kinds.put(path, found);
    }
  }

  /** A resized file keeps as many sectors as were written: what is cut off is garbage. */
  private int writtenBytes(String path) {
    return Objects.requireNonNull(journal.files().get(path)).length;
  }

  private Sector.Kind[] kindsOf(String path) {
    return Objects.requireNonNull(kinds.get(path));
  }

  private static Sector.Kind classify(String path, byte[] content, int sector) {
    var at = sector * Sector.BYTES;
    if (at + Sector.BYTES > content.length) {
      return Sector.Kind.GARBAGE;
    }
    var buffer = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    return Sector.classify(buffer, at, segment(path), sector);
  }

  private static long segment(String path) {
    return Long.parseLong(path.substring(8, 18));
  }

  /** The sector has been changed, or changed back. */
  void changed(MemoryDisk disk, String path, int sector) {
    kindsOf(path)[sector] = classify(path, disk.content(path), sector);
  }

  /** The file has another length. */
  void resized(MemoryDisk disk, String path) {
    look(path, disk.content(path));
  }

  /** The verdict that the table gives. */
  Expected expected(MemoryDisk disk) {
    for (var i = 0; i < batches.size(); i++) {
      var batch = batches.get(i);
      if (isWhole(batch) || isSettled(batch)) {
        continue;
      }
      var headIsThere = kindsOf(batch.path())[batch.sector()] == Sector.Kind.CURRENT;
      if (i > 0 && !headIsThere && isRotBehind(batches.get(i - 1))) {
        return new Expected(Verdict.Kind.ROT, batch, null);
      }
      if (isRotten(batch) || hasStraySector(disk, batch)) {
        return expected(Verdict.Kind.ROT, batch);
      }
      var later = false;
      for (var next : batches.subList(i + 1, batches.size())) {
        later |= hasAny(next);
      }
      if (later) {
        return expected(Verdict.Kind.LOST, batch);
      }
      return expected(hasAny(batch) ? Verdict.Kind.TORN : Verdict.Kind.SOUND, batch);
    }
    return atTheEnd();
  }

  private Expected expected(Verdict.Kind kind, Written batch) {
    var from = batch;
    for (var before : journal.batches().reversed()) {
      var follows = before.path().equals(from.path()) && before.number() == from.number() - 1;
      if (follows && !isWhole(before)) {
        from = before;
      }
    }
    return new Expected(kind, batch, from);
  }

  /** Whether the last batch looks as if it had been cut short, whatever lies before it. */
  boolean isTornAtTheEnd() {
    var last = batches.getLast();
    return hasAny(last) && !isWhole(last) && !isRotten(last);
  }

  /** All batches are whole, so only the place of the next one, and what is behind it, matters. */
  private Expected atTheEnd() {
    var last = batches.getLast();
    var found = kindsOf(last.path());
    for (var sector = last.sector() + last.count(); sector < found.length; sector++) {
      if (isRot(found[sector])) {
        var isNext = sector == last.sector() + last.count();
        return new Expected(isNext ? Verdict.Kind.ROT : Verdict.Kind.STRAY, null, null);
      }
    }
    return new Expected(Verdict.Kind.SOUND, null, null);
  }

  private static boolean isRot(Sector.Kind kind) {
    return kind == Sector.Kind.GARBAGE || kind == Sector.Kind.MISPLACED;
  }

  private boolean isWhole(Written batch) {
    return count(batch, Sector.Kind.CURRENT) == batch.count();
  }

  /** Whether a whole batch makes what becomes of this one matter no more. */
  private boolean isSettled(Written batch) {
    return batches.stream()
        .anyMatch(other -> batch.settledBy().contains(other.number()) && isWhole(other));
  }

  private boolean hasAny(Written batch) {
    return count(batch, Sector.Kind.CURRENT) > 0;
  }

  private boolean isRotten(Written batch) {
    return count(batch, Sector.Kind.GARBAGE) + count(batch, Sector.Kind.MISPLACED) > 0;
  }

  private int count(Written batch, Sector.Kind kind) {
    var count = 0;
    var found = kindsOf(batch.path());
    for (var i = 0; i < batch.count(); i++) {
      count += found[batch.sector() + i] == kind ? 1 : 0;
    }
    return count;
  }

  /** Whether something rotten lies where the next batch would begin in the same segment. */
  private boolean isRotBehind(Written batch) {
    var found = kindsOf(batch.path());
    var next = batch.sector() + batch.count();
    return next < found.length && isRot(found[next]);
  }

  /** Whether a sector of the batch lies in a wrong place behind its beginning. */
  private boolean hasStraySector(MemoryDisk disk, Written batch) {
    var found = kindsOf(batch.path());
    var content = ByteBuffer.wrap(disk.content(batch.path())).order(ByteOrder.LITTLE_ENDIAN);
    for (var sector = batch.sector(); sector < found.length; sector++) {
      if (found[sector] == Sector.Kind.MISPLACED
          && Sector.batch(content, sector * Sector.BYTES, batch.number()) == batch.number()) {
        return true;
      }
    }
    return false;
  }
}
