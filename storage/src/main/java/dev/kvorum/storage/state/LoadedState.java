package dev.kvorum.storage.state;

import dev.kvorum.storage.backend.Backend;
import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.ReadView;
import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.checkpoint.Checkpoint;
import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.lease.LeaseRecord;
import dev.kvorum.storage.lease.LeaseTable;
import dev.kvorum.storage.membership.Alarms;
import dev.kvorum.storage.membership.MemberCodec;
import dev.kvorum.storage.membership.Members;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.MalformedProto;
import dev.kvorum.storage.model.Member;
import dev.kvorum.storage.model.Result.AlarmMember;
import dev.kvorum.storage.mvcc.CorruptRecordException;
import dev.kvorum.storage.mvcc.IndexMisfitException;
import dev.kvorum.storage.mvcc.MvccStore;
import dev.kvorum.storage.mvcc.RecordCodec;
import dev.kvorum.storage.mvcc.StoreLoader;
import dev.kvorum.storage.mvcc.StoreMeta;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/** The state machine's parts as a backend held them. */
public record LoadedState(
    StoreMeta meta,
    MvccStore kv,
    LeaseTable leases,
    Alarms alarms,
    Members members,
    String clusterVersion) {
  /** Where the cluster version stands in its bucket (contract S19.4). */
  static final Bytes VERSION_KEY = Bytes.utf8("clusterVersion");

  private static final int REMOVED_AT_ONCE = 10_000;

  /**
   * Takes out what a long command left that did not come to its end, and reads the rest.
   *
   * @param memory for the key index
   * @throws CorruptRecordException as {@link #read} does
   */
  public static LoadedState open(Backend backend, IndexMemory memory) {
    return open(backend, memory, null, LoadListener.NONE);
  }

  /**
   * Takes out what a long command left that did not come to its end, and reads the rest: the
   * records after the checkpoint where it can be used, and otherwise all.
   *
   * @param memory for the key index
   * @param checkpoint of the key index, or null; of no use to anybody afterwards
   * @throws CorruptRecordException as {@link #read} does
   */
  public static LoadedState open(
      Backend backend, IndexMemory memory, @Nullable Checkpoint checkpoint, LoadListener listener) {
    removeUnfinished(backend);
    try (var view = backend.openReadView()) {
      if (checkpoint != null) {
        try {
          return resume(view, checkpoint);
        } catch (IndexMisfitException misfit) {
          listener.misfit(misfit);
        }
      }
      return read(view, memory, listener);
    }
  }

  /**
   * A long command writes its records before its applied index. Without that they do not count, and
   * the log will make them again.
   */
  private static void removeUnfinished(Backend backend) {
    var unfinished = new ArrayList<Bytes>();
    do {
      unfinished.clear();
      try (var view = backend.openReadView()) {
        var meta = view.get(Bucket.META, StoreMeta.KEY);
        if (meta != null) {
          view.scan(
              Bucket.KEY,
              RecordCodec.firstBucketKey(StoreMeta.decode(meta).revision() + 1),
              (key, _) -> {
                unfinished.add(key.compact());
                return unfinished.size() < REMOVED_AT_ONCE;
              });
        }
      }
      var removal = new WriteBatch();
      unfinished.forEach(key -> removal.delete(Bucket.KEY, key));
      if (!removal.isEmpty()) {
        backend.commit(removal);
      }
    } while (!unfinished.isEmpty());
  }

  /**
   * Reads everything and checks every record.
   *
   * @param memory for the key index
   * @throws CorruptRecordException if anything is not what was written, or the store's description
   *     is missing; the backend must then be rebuilt
   */
  public static LoadedState read(ReadView view, IndexMemory memory) {
    return read(view, memory, LoadListener.NONE);
  }

  private static LoadedState read(ReadView view, IndexMemory memory, LoadListener listener) {
    var meta = readMeta(view);
    // Before the records, which name the leases that their keys are attached to.
    var leases = readLeases(view);
    var kv = StoreLoader.load(view, memory, leases::attach, listener::records);
    return readRest(view, meta, kv, leases);
  }

  private static LoadedState resume(ReadView view, Checkpoint checkpoint)
      throws IndexMisfitException {
    var meta = readMeta(view);
    var leases = readLeases(view);
    checkpoint.attachAll(leases::attach);
    var kv = StoreLoader.resume(view, meta, checkpoint.kept(), leases::attach);
    return readRest(view, meta, kv, leases);
  }

  private static StoreMeta readMeta(ReadView view) {
    var encoded = view.get(Bucket.META, StoreMeta.KEY);
    if (encoded == null) {
      throw new CorruptRecordException("the state store does not say what it holds");
    }
    return StoreMeta.decode(encoded);
  }

  private static LoadedState readRest(
      ReadView view, StoreMeta meta, MvccStore kv, LeaseTable leases) {
    var alarms = new Alarms();
    alarms.load(readAlarms(view));
    var members = new Members();
    members.load(readMembers(view));
    var version = view.get(Bucket.CLUSTER, VERSION_KEY);
    return new LoadedState(
        meta, kv, leases, alarms, members, version == null ? "" : version.toUtf8());
  }

  private static LeaseTable readLeases(ReadView view) {
    var found = new LeaseTable();
    view.scan(
        Bucket.LEASE,
        Bytes.EMPTY,
        (key, value) -> {
          try {
            var lease = LeaseRecord.decode(value);
            if (!key.equals(LeaseRecord.key(lease.id()))) {
              throw new CorruptRecordException("lease " + lease.id() + " stands at " + key);
            }
            found.add(lease);
          } catch (MalformedProto malformed) {
            throw new CorruptRecordException("lease " + key + ": " + malformed.getMessage());
          }
          return true;
        });
    return found;
  }

  private static ArrayList<AlarmMember> readAlarms(ReadView view) {
    var found = new ArrayList<AlarmMember>();
    view.scan(
        Bucket.ALARM,
        Bytes.EMPTY,
        (key, _) -> {
          found.add(Alarms.decodeKey(key));
          return true;
        });
    return found;
  }

  private static ArrayList<Member> readMembers(ReadView view) {
    var found = new ArrayList<Member>();
    view.scan(
        Bucket.MEMBERS,
        Bytes.EMPTY,
        (key, value) -> {
          try {
            found.add(MemberCodec.decode(value));
          } catch (MalformedProto malformed) {
            throw new CorruptRecordException("member " + key + ": " + malformed.getMessage());
          }
          return true;
        });
    return found;
  }
}
