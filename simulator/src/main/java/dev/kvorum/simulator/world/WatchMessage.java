package dev.kvorum.simulator.world;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.model.MalformedProto;
import dev.kvorum.storage.model.ProtoReader;
import dev.kvorum.storage.watch.WatchEffect;
import java.util.ArrayList;
import java.util.List;

/**
 * An {@code etcdserverpb.WatchResponse} as a client reads it.
 *
 * @param revision of the header, 0 if there is none
 * @param fragment whether more of the same revision follows
 */
public record WatchMessage(
    long revision,
    long watchId,
    boolean created,
    boolean canceled,
    long compactRevision,
    String cancelReason,
    boolean fragment,
    List<Change> changes) {
  private static final int HEADER = 1 << 3 | ProtoReader.LENGTH;
  private static final int WATCH_ID = 2 << 3;
  private static final int CREATED = 3 << 3;
  private static final int CANCELED = 4 << 3;
  private static final int COMPACT_REVISION = 5 << 3;
  private static final int CANCEL_REASON = 6 << 3 | ProtoReader.LENGTH;
  private static final int FRAGMENT = 7 << 3;
  private static final int EVENTS = 11 << 3 | ProtoReader.LENGTH;

  /**
   * One event.
   *
   * @param kv as it is on the wire
   * @param previous likewise, empty if there is none
   */
  public record Change(boolean deleted, Bytes kv, Bytes previous) {
    /** The key that was changed. */
    public Bytes key() {
      return KeyValueCodec.decodeStored(kv).key();
    }

    /** When it was changed. */
    public long revision() {
      return KeyValueCodec.decodeStored(kv).modRevision();
    }
  }

  public WatchMessage {
    changes = List.copyOf(changes);
  }

  /** Whether it says nothing but how far everything is delivered. */
  public boolean isProgress() {
    return !created && !canceled && changes.isEmpty();
  }

  static WatchMessage decode(WatchEffect.Send message) {
    var whole = new byte[message.sizeBytes()];
    message.head().copyTo(whole, 0);
    message.events().copyTo(whole, message.head().size());
    try {
      return decode(new ProtoReader(Bytes.wrap(whole)));
    } catch (MalformedProto malformed) {
      throw new WrongException("a watch response can be read", String.valueOf(malformed));
    }
  }

  private static WatchMessage decode(ProtoReader reader) throws MalformedProto {
    var revision = 0L;
    var watchId = 0L;
    var created = false;
    var canceled = false;
    var compactRevision = 0L;
    var cancelReason = "";
    var fragment = false;
    var changes = new ArrayList<Change>();
    for (var tag = reader.next(); tag != 0; tag = reader.next()) {
      switch (tag) {
        case HEADER -> revision = revision(new ProtoReader(reader.bytes()));
        case WATCH_ID -> watchId = reader.varint();
        case CREATED -> created = reader.bool();
        case CANCELED -> canceled = reader.bool();
        case COMPACT_REVISION -> compactRevision = reader.varint();
        case CANCEL_REASON -> cancelReason = reader.bytes().toUtf8();
        case FRAGMENT -> fragment = reader.bool();
        case EVENTS -> changes.add(change(new ProtoReader(reader.bytes())));
        default -> throw new MalformedProto("tag " + tag);
      }
    }
    return new WatchMessage(
        revision, watchId, created, canceled, compactRevision, cancelReason, fragment, changes);
  }

  private static long revision(ProtoReader reader) throws MalformedProto {
    var revision = 0L;
    for (var tag = reader.next(); tag != 0; tag = reader.next()) {
      if (tag == 3 << 3) {
        revision = reader.varint();
      } else {
        reader.skip(tag);
      }
    }
    return revision;
  }

  private static Change change(ProtoReader reader) throws MalformedProto {
    var deleted = false;
    var kv = Bytes.EMPTY;
    var previous = Bytes.EMPTY;
    for (var tag = reader.next(); tag != 0; tag = reader.next()) {
      switch (tag) {
        case 1 << 3 -> deleted = reader.varint() == 1;
        case 2 << 3 | ProtoReader.LENGTH -> kv = reader.bytes();
        case 3 << 3 | ProtoReader.LENGTH -> previous = reader.bytes();
        default -> throw new MalformedProto("tag " + tag);
      }
    }
    return new Change(deleted, kv, previous);
  }
}
