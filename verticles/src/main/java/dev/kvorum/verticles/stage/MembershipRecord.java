package dev.kvorum.verticles.stage;

import dev.kvorum.raft.core.Membership;
import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.ReadView;
import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.mvcc.CorruptRecordException;

/**
 * Where the state store keeps who takes part, as of its applied index. Raft is told at boot; what
 * the log holds beyond the applied index it finds out itself.
 */
public final class MembershipRecord {
  /** Where it stands in bucket CLUSTER. */
  public static final Bytes KEY = Bytes.utf8("raftMembership");

  private MembershipRecord() {}

  /** The change of the backend that goes with a new configuration. */
  public static WriteBatch.Change change(Membership membership) {
    return new WriteBatch.Change(Bucket.CLUSTER, KEY, membership.encode());
  }

  /**
   * What the view holds.
   *
   * @param founders the answer for a store that never saw a change
   * @throws CorruptRecordException if what it holds is no configuration
   */
  public static Membership read(ReadView view, Membership founders) {
    var encoded = view.get(Bucket.CLUSTER, KEY);
    try {
      return encoded == null ? founders : Membership.decode(encoded);
    } catch (IllegalArgumentException broken) {
      throw new CorruptRecordException("the configuration: " + broken.getMessage());
    }
  }
}
