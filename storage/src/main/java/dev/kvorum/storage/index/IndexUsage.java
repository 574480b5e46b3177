package dev.kvorum.storage.index;

/**
 * What an index takes and who keeps it from giving back.
 *
 * @param allocatedBytes taken from the system, lists on the heap included; never falls
 * @param usedBytes of it in blocks that the present state or a view uses
 * @param retiredBytes of these, what only views use
 * @param openViews views that are held, the newest two always among them
 * @param oldestView the number of the oldest view that is held; they are numbered as they are made
 * @param newestView the number of the newest
 */
public record IndexUsage(
    long allocatedBytes,
    long usedBytes,
    long retiredBytes,
    int openViews,
    long oldestView,
    long newestView) {
  /**
   * How many views were made since the oldest one that is held. A number that grows and grows is a
   * view that somebody forgot.
   */
  public long oldestViewAge() {
    return newestView - oldestView;
  }
}
