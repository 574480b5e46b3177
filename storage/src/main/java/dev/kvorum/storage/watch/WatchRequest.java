package dev.kvorum.storage.watch;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.MalformedProto;
import dev.kvorum.storage.model.ProtoReader;

/** What a client says on a watch stream (contract S9.1). */
public sealed interface WatchRequest {
  /**
   * Contract S9.2.
   *
   * @param watchId 0 lets the server choose
   */
  record Create(
      Bytes key,
      Bytes rangeEnd,
      long startRevision,
      boolean progressNotify,
      boolean noPut,
      boolean noDelete,
      boolean prevKv,
      long watchId,
      boolean fragment)
      implements WatchRequest {}

  /** Contract S9.7. */
  record Cancel(long watchId) implements WatchRequest {}

  /** Contract S9.8. */
  record Progress() implements WatchRequest {}

  /** A message without a request in it, which is ignored. */
  record Nothing() implements WatchRequest {}

  /** Decodes an {@code etcdserverpb.WatchRequest}; of several members the last one counts. */
  static WatchRequest decode(Bytes message) throws MalformedProto {
    WatchRequest request = new Nothing();
    var reader = new ProtoReader(message);
    for (var tag = reader.next(); tag != 0; tag = reader.next()) {
      switch (tag) {
        case 1 << 3 | ProtoReader.LENGTH -> request = decodeCreate(reader.bytes());
        case 2 << 3 | ProtoReader.LENGTH -> request = decodeCancel(reader.bytes());
        case 3 << 3 | ProtoReader.LENGTH -> {
          reader.bytes();
          request = new Progress();
        }
        default -> reader.skip(tag);
      }
    }
    return request;
  }

  private static Create decodeCreate(Bytes message) throws MalformedProto {
    var key = Bytes.EMPTY;
    var rangeEnd = Bytes.EMPTY;
    var startRevision = 0L;
    var progressNotify = false;
    var filters = 0;
    var prevKv = false;
    var watchId = 0L;
    var fragment = false;
    var reader = new ProtoReader(message);
    for (var tag = reader.next(); tag != 0; tag = reader.next()) {
      switch (tag) {
        case 1 << 3 | ProtoReader.LENGTH -> key = reader.bytes();
        case 2 << 3 | ProtoReader.LENGTH -> rangeEnd = reader.bytes();
        case 3 << 3 -> startRevision = reader.varint();
        case 4 << 3 -> progressNotify = reader.bool();
        case 5 << 3 -> filters |= filter(reader.varint());
        case 5 << 3 | ProtoReader.LENGTH -> filters |= packedFilters(reader.bytes());
        case 6 << 3 -> prevKv = reader.bool();
        case 7 << 3 -> watchId = reader.varint();
        case 8 << 3 -> fragment = reader.bool();
        default -> reader.skip(tag);
      }
    }
    // Watchers outlive their request's memory.
    return new Create(
        key.compact(),
        rangeEnd.compact(),
        startRevision,
        progressNotify,
        (filters & 1) != 0,
        (filters & 2) != 0,
        prevKv,
        watchId,
        fragment);
  }

  private static int packedFilters(Bytes packed) throws MalformedProto {
    var filters = 0;
    var reader = new ProtoReader(packed);
    while (reader.hasMore()) {
      filters |= filter(reader.varint());
    }
    return filters;
  }

  /** NOPUT is 0 and NODELETE is 1; what we do not know filters nothing. */
  private static int filter(long number) {
    return number == 0 || number == 1 ? 1 << (int) number : 0;
  }

  private static Cancel decodeCancel(Bytes message) throws MalformedProto {
    var watchId = 0L;
    var reader = new ProtoReader(message);
    for (var tag = reader.next(); tag != 0; tag = reader.next()) {
      if (tag == 1 << 3) {
        watchId = reader.varint();
      } else {
        reader.skip(tag);
      }
    }
    return new Cancel(watchId);
  }
}
