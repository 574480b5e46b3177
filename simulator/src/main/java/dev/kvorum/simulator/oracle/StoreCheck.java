package dev.kvorum.simulator.oracle;

import dev.kvorum.simulator.world.WrongException;
import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.ReadView;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.HashKv;
import dev.kvorum.storage.mvcc.RecordCodec;
import dev.kvorum.storage.mvcc.RecordId;
import dev.kvorum.storage.mvcc.StoreView;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Compares everything that a member has stored with the model, at the end of a run. The model holds
 * every acknowledged write, so a member that agrees has lost none; and two members that agree with
 * it agree with each other.
 */
final class StoreCheck {
  private static final int ALL = Integer.MAX_VALUE;

  private final NaiveModel model;

  /** All changes in the order of their revisions. */
  private final List<Version> changes = new ArrayList<>();

  /** By revision; every member is asked for the same ones. */
  private final Map<Long, Integer> hashes = new LinkedHashMap<>();

  /** What the first member that was checked has in its small buckets. */
  private @Nullable List<Bytes> small;

  StoreCheck(NaiveModel model) {
    this.model = model;
    model.forEach(changes::add);
    changes.sort(Comparator.comparingLong(Version::main).thenComparingLong(Version::sub));
  }

  /**
   * Throws unless the member has every record that it must still have, and none that never was.
   *
   * @param records shows everything that the member has applied
   */
  void checkRecords(int member, ReadView records) {
    var stored = new LinkedHashMap<Bytes, Bytes>();
    records.scan(
        Bucket.KEY,
        Bytes.EMPTY,
        (bucketKey, bucketValue) -> {
          stored.put(bucketKey.compact(), RecordCodec.record(bucketKey, bucketValue).compact());
          return true;
        });
    var newest = newestAt(model.compactRevision());
    var known = 0;
    for (var change : changes) {
      var record = stored.get(bucketKey(change));
      if (record == null) {
        if (isKept(change, newest)) {
          throw wrong("a member has every record that is not compacted", member, change);
        }
      } else if (!record.equals(change.record())) {
        throw wrong("a stored record is the one that was written", member, change);
      } else {
        known++;
      }
    }
    if (known != stored.size()) {
      throw new WrongException(
          "a member has no record that was never written",
          "member %d has %d, of which %d are known".formatted(member, stored.size(), known));
    }
  }

  private static Bytes bucketKey(Version change) {
    return RecordCodec.bucketKey(
        new RecordId(new Revision(change.main(), change.sub()), change.kv() == null));
  }

  /** By key, its last change up to that revision, tombstones included. */
  private Map<Bytes, Version> newestAt(long revision) {
    var newest = new LinkedHashMap<Bytes, Version>();
    for (var change : changes) {
      if (change.main() <= revision) {
        newest.put(change.key(), change);
      }
    }
    return newest;
  }

  /** What a finished compaction leaves (contract S7.2); a tombstone may go. */
  private boolean isKept(Version change, Map<Bytes, Version> newest) {
    return change.main() > model.compactRevision()
        || (change.kv() != null && change.equals(newest.get(change.key())));
  }

  /** Throws unless the member's small buckets hold what those of the others do. */
  void checkSmallBuckets(int member, ReadView records) {
    var found = new ArrayList<Bytes>();
    for (var bucket : Bucket.values()) {
      // What a member notes about itself, such as its compaction's progress, may differ.
      if (bucket != Bucket.KEY && bucket != Bucket.META) {
        records.scan(
            bucket,
            Bytes.EMPTY,
            (bucketKey, bucketValue) -> {
              found.add(bucketKey.compact());
              found.add(bucketValue.compact());
              return true;
            });
      }
    }
    if (small == null) {
      small = found;
    } else if (!small.equals(found)) {
      throw new WrongException(
          "members agree on what is not a key",
          "member %d: %s, %s".formatted(member, found, small));
    }
  }

  /** Throws unless the member's hash of history up to a revision is the contract's (S18.2). */
  void checkHash(int member, StoreView view, ReadView records, long revision) {
    var hash = HashKv.at(view, revision);
    if (!hash.step(records, ALL)) {
      throw new IllegalStateException("a hash of more records than there can be");
    }
    var expected = hashes.computeIfAbsent(revision, at -> hash(at, view.compactRevision()));
    if (hash.result().hash() != expected) {
      throw new WrongException(
          "the hash of history is the contract's",
          "member %d, revision %d of %d, compacted %d: %08x, expected %08x"
              .formatted(
                  member,
                  revision,
                  view.revision(),
                  view.compactRevision(),
                  hash.result().hash(),
                  expected));
    }
  }

  /** The hash of all history up to a revision, with that compaction taken as done. */
  int hash(long revision, long compactRevision) {
    var kept = new LinkedHashMap<Bytes, Version>();
    for (var change : changes) {
      if (change.main() <= revision) {
        kept.put(change.key(), change);
      }
    }
    kept.values().removeIf(change -> change.kv() == null);
    var remaining = newestAt(compactRevision);
    var crc = new CRC32C();
    crc.update("key".getBytes(StandardCharsets.UTF_8));
    for (var change : changes) {
      if (change.main() <= revision && isHashed(change, compactRevision, kept, remaining)) {
        crc.update(bucketKey(change).toArray());
        crc.update(change.record().toArray());
      }
    }
    return (int) crc.getValue();
  }

  /**
   * The contract compares with what lives at the requested revision. Where nothing does, all counts
   * that a compaction leaves.
   */
  private static boolean isHashed(
      Version change,
      long compactRevision,
      Map<Bytes, Version> kept,
      Map<Bytes, Version> remaining) {
    if (change.main() > compactRevision) {
      return true;
    }
    if (change.kv() == null) {
      return false;
    }
    var standing = kept.isEmpty() ? remaining : kept;
    return change.equals(standing.get(change.key()));
  }

  private WrongException wrong(String rule, int member, Version change) {
    return new WrongException(
        rule,
        "member %d, revision %d/%d of %s, compacted %d"
            .formatted(member, change.main(), change.sub(), change.key(), model.compactRevision()));
  }
}
