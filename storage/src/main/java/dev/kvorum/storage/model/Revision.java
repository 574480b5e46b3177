package dev.kvorum.storage.model;

/**
 * A point in the store's history (contract S1.2, S1.3).
 *
 * @param main the cluster-wide revision of the transaction, 1 for an empty store
 * @param sub the position of the change inside its transaction, from 0
 */
public record Revision(long main, long sub) implements Comparable<Revision> {
  public Revision {
    if (main < 0 || sub < 0) {
      throw new IllegalArgumentException("negative revision " + main + "/" + sub);
    }
  }

  @Override
  public int compareTo(Revision other) {
    var byMain = Long.compare(main, other.main);
    return byMain != 0 ? byMain : Long.compare(sub, other.sub);
  }
}
