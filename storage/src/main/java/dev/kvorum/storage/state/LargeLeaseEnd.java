package dev.kvorum.storage.state;

import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.lease.LeaseChange;
import dev.kvorum.storage.lease.LeaseRecord;
import dev.kvorum.storage.lease.LeaseTable;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.mvcc.MvccStore;
import dev.kvorum.storage.mvcc.Records;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * The end of one lease with very many keys. The log waits while the keys are listed, which is a
 * small part of the work. Then the lease and all of its keys are gone at once, in one revision
 * (contract S10.3); the tombstones, in key order, are the store's sweep, which takes most of the
 * time and for which nobody waits.
 */
final class LargeLeaseEnd implements LongCommand {
  private final LeaseTable leases;
  private final MvccStore kv;
  private final LeaseChange.Revoked change;
  private final Supplier<Result> result;
  private final int count;
  private final List<Bytes> keys;

  /**
   * @param change says which lease, which exists and has more keys than one
   * @param result is asked when the keys are gone
   */
  LargeLeaseEnd(
      LeaseTable leases, MvccStore kv, LeaseChange.Revoked change, Supplier<Result> result) {
    this.leases = leases;
    this.kv = kv;
    this.change = change;
    this.result = result;
    count = leases.attachedCount(change.id());
    keys = new ArrayList<>(count);
  }

  @Override
  public Part step(Records reads, int maxKeys, long maxBytes) {
    keys.addAll(leases.nextKeys(change.id(), maxKeys));
    return new Part(List.of(), List.of(), List.of(), keys.size() < count ? null : end());
  }

  private Outcome end() {
    leases.removeBeforeKeys(change.id());
    kv.beginSweep(keys);
    return new Outcome(
        result.get(),
        List.of(),
        List.of(),
        List.of(new WriteBatch.Change(Bucket.LEASE, LeaseRecord.key(change.id()), null)),
        List.of(change),
        false);
  }
}
