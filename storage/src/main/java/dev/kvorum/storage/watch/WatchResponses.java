package dev.kvorum.storage.watch;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.ProtoWriter;
import dev.kvorum.storage.model.ResponseCodec.Origin;
import org.jspecify.annotations.Nullable;

/**
 * The parts of an {@code etcdserverpb.WatchResponse}. A message is a head, which differs from
 * watcher to watcher, and the events behind it, which are encoded once for all of them: in
 * protobuf, two parts one after the other are one message.
 */
final class WatchResponses {
  private static final int HEADER = 1;
  private static final int WATCH_ID = 2;
  private static final int CREATED = 3;
  private static final int CANCELED = 4;
  private static final int COMPACT_REVISION = 5;
  private static final int CANCEL_REASON = 6;
  private static final int FRAGMENT = 7;
  private static final int EVENTS = 11;

  private static final int EVENT_TYPE = 1;
  private static final int EVENT_KV = 2;
  private static final int EVENT_PREV_KV = 3;
  private static final long DELETE = 1;

  /** The most that {@link #head} is. */
  static final int MOST_HEAD_BYTES = 64;

  private WatchResponses() {}

  /** The header as a field, which every message of one revision begins with. */
  static Bytes header(Origin origin, long revision) {
    var size =
        ProtoWriter.varintFieldSize(1, origin.clusterId())
            + ProtoWriter.varintFieldSize(2, origin.memberId())
            + ProtoWriter.varintFieldSize(3, revision)
            + ProtoWriter.varintFieldSize(4, origin.raftTerm());
    return new ProtoWriter(ProtoWriter.bytesMemberSize(HEADER, size))
        .header(HEADER, size)
        .varintField(1, origin.clusterId())
        .varintField(2, origin.memberId())
        .varintField(3, revision)
        .varintField(4, origin.raftTerm())
        .toBytes();
  }

  /** What stands before events, or all of a progress notification. */
  static Bytes head(Bytes header, long watchId, boolean fragment) {
    var size = header.size() + ProtoWriter.varintFieldSize(WATCH_ID, watchId) + (fragment ? 2 : 0);
    return new ProtoWriter(size)
        .raw(header)
        .varintField(WATCH_ID, watchId)
        .boolField(FRAGMENT, fragment)
        .toBytes();
  }

  /** What {@link #withId} adds. */
  static int idSize(long watchId) {
    return ProtoWriter.varintFieldSize(WATCH_ID, watchId);
  }

  /** The start of a message with its watcher's id behind it. */
  static Bytes withId(Bytes start, long watchId) {
    return watchId == 0
        ? start
        : new ProtoWriter(start.size() + idSize(watchId))
            .raw(start)
            .varintField(WATCH_ID, watchId)
            .toBytes();
  }

  static Bytes created(Bytes header, long watchId) {
    return control(header, watchId, true, false, 0, "");
  }

  /** A watcher that never was: its id is -1. */
  static Bytes refused(Bytes header, String reason) {
    return control(header, -1, true, true, 0, reason);
  }

  static Bytes canceled(Bytes header, long watchId, long compactRevision) {
    return control(header, watchId, false, true, compactRevision, "");
  }

  /** What the watcher would get next cannot be given to it. */
  static Bytes canceled(Bytes header, long watchId, String reason) {
    return control(header, watchId, false, true, 0, reason);
  }

  private static Bytes control(
      Bytes header,
      long watchId,
      boolean created,
      boolean canceled,
      long compactRevision,
      String reason) {
    return new ProtoWriter(header.size() + 16 + 2 * reason.length())
        .raw(header)
        .varintField(WATCH_ID, watchId)
        .boolField(CREATED, created)
        .boolField(CANCELED, canceled)
        .varintField(COMPACT_REVISION, compactRevision)
        .bytesField(CANCEL_REASON, Bytes.utf8(reason))
        .toBytes();
  }

  /** One event as a field of the response. */
  static Bytes event(Event event, @Nullable Bytes previous) {
    var size =
        (event.deleted() ? 2 : 0)
            + ProtoWriter.bytesMemberSize(EVENT_KV, event.kv().size())
            + (previous == null ? 0 : ProtoWriter.bytesMemberSize(EVENT_PREV_KV, previous.size()));
    var writer =
        new ProtoWriter(ProtoWriter.bytesMemberSize(EVENTS, size))
            .header(EVENTS, size)
            .varintField(EVENT_TYPE, event.deleted() ? DELETE : 0)
            .bytesMember(EVENT_KV, event.kv());
    return (previous == null ? writer : writer.bytesMember(EVENT_PREV_KV, previous)).toBytes();
  }
}
