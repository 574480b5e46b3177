package dev.kvorum.simulator.world;

import dev.kvorum.storage.journal.disk.FaultyDisk;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * All that happened to the sectors of a member's journal, and whether it looks like a write that a
 * crash cut short: the one damage that nothing on the disk tells from an honest crash.
 */
final class SectorDamage {
  private record Place(String path, int sector) {}

  /**
   * @param batch what the sector was part of before the first damage, -1 if nothing tells
   */
  private record Hit(long batch, boolean zeroed) {}

  private final Map<Place, Hit> hits = new LinkedHashMap<>();

  /** The sector is about to be damaged. */
  void hits(FaultyDisk files, String path, int sector, boolean zeroed) {
    var place = new Place(path, sector);
    var batch = JournalSectors.batch(files.content(path), sector);
    var before = hits.get(place);
    if (before != null) {
      batch = Math.max(batch, before.batch());
    }
    hits.put(place, new Hit(batch, zeroed));
  }

  /** The member has started: what it has written again is whole, and the rest stays as it is. */
  void started(FaultyDisk files) {
    hits.keySet().removeIf(place -> !files.exists(place.path()) || isWhole(files, place));
  }

  private static boolean isWhole(FaultyDisk files, Place place) {
    return JournalSectors.batch(files.content(place.path()), place.sector()) >= 0;
  }

  /**
   * The first batch that looks like a write that was cut short: a sector of it is zeroed, and no
   * whole sector of a later one is anywhere. Each of those is damaged, too, and garbage behind the
   * end of a journal is no loss (rule P4). {@link Long#MAX_VALUE} if there is none.
   */
  long firstTorn(FaultyDisk files) {
    if (hits.values().stream().noneMatch(Hit::zeroed)) {
      return Long.MAX_VALUE;
    }
    var newest = 0L;
    for (var path : files.files()) {
      if (path.startsWith("journal/") && path.endsWith(".seg")) {
        newest = Math.max(newest, JournalSectors.newestBatch(files.content(path)));
      }
    }
    var first = Long.MAX_VALUE;
    for (var each : hits.entrySet()) {
      var batch = each.getValue().batch();
      if (each.getValue().zeroed() && batch >= newest && isGone(files, each.getKey(), batch)) {
        first = Math.min(first, batch);
      }
    }
    return first;
  }

  private static boolean isGone(FaultyDisk files, Place place, long batch) {
    return !files.exists(place.path())
        || JournalSectors.batch(files.content(place.path()), place.sector()) != batch;
  }
}
