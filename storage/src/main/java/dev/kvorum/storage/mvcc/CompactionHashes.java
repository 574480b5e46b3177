package dev.kvorum.storage.mvcc;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The hashes that the last compactions left behind, immutable. Asking for exactly the revision of
 * one of them gives that hash, whose compact revision is the one before that compaction (contract
 * S18.3, Trap).
 */
record CompactionHashes(List<KvHash> hashes) {
  /** How many are kept. */
  static final int CAPACITY = 10;

  static final CompactionHashes NONE = new CompactionHashes(List.of());

  CompactionHashes {
    hashes = List.copyOf(hashes);
  }

  /** With one more, without the lowest one beyond the capacity. */
  CompactionHashes with(KvHash hash) {
    var more = new ArrayList<>(hashes);
    more.add(hash);
    more.sort(Comparator.comparingLong(KvHash::revision));
    return new CompactionHashes(more.subList(Math.max(0, more.size() - CAPACITY), more.size()));
  }

  /**
   * The hash of exactly this revision, or null. Revision 0, which otherwise asks for the present,
   * is found too when history was compacted to 0: etcd 3.7.1 answers so, and equal hashes are the
   * point.
   */
  @Nullable KvHash find(long revision) {
    for (var hash : hashes) {
      if (hash.revision() == revision) {
        return hash;
      }
    }
    return null;
  }
}
