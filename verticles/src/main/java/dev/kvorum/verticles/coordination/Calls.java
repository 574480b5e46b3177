package dev.kvorum.verticles.coordination;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.CommandCodec;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.KeyValue;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.model.MalformedProto;
import dev.kvorum.storage.model.ProtoReader;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.watch.WatchRequest;
import dev.kvorum.verticles.service.CallContext;
import dev.kvorum.verticles.service.Service;
import java.util.List;
import java.util.function.Consumer;

/** The requests that queues make, in short form. */
final class Calls {
  private static final int EVENTS = 11 << 3 | ProtoReader.LENGTH;
  private static final int CANCELED = 4 << 3;

  private final Service service;

  Calls(Service service) {
    this.service = service;
  }

  void call(Command command, CallContext context, Consumer<Result> answer) {
    service.call(command, CommandCodec.encode(command), context, answer);
  }

  static Command.Range get(Bytes key) {
    return range(key, Bytes.EMPTY, 0, 0, Command.SORT_NONE, 0);
  }

  /** The key with the lowest create revision under the prefix. */
  static Command.Range first(Bytes prefix) {
    return firstAt(prefix, 0);
  }

  /**
   * The same as it was.
   *
   * @param revision 0 for the present
   */
  static Command.Range firstAt(Bytes prefix, long revision) {
    return range(prefix, endOf(prefix), 1, revision, Command.SORT_ASCEND, 0);
  }

  /** The key with the highest create revision up to the given one. */
  static Command.Range lastBefore(Bytes prefix, long createRevision) {
    return range(prefix, endOf(prefix), 1, 0, Command.SORT_DESCEND, createRevision - 1);
  }

  private static Command.Range range(
      Bytes key, Bytes rangeEnd, long limit, long revision, int order, long maxCreateRevision) {
    var target = order == Command.SORT_NONE ? Command.TARGET_KEY : Command.TARGET_CREATE;
    return new Command.Range(
        key,
        rangeEnd,
        limit,
        revision,
        order,
        target,
        false,
        false,
        false,
        0,
        0,
        0,
        maxCreateRevision);
  }

  /** A prefix ends in a slash, and behind a slash comes a zero. */
  static Bytes endOf(Bytes prefix) {
    var end = prefix.toArray();
    end[end.length - 1]++;
    return Bytes.wrap(end);
  }

  /** Holds when the key was created at that revision; 0 for a key that is not there. */
  static Command.Compare createdAt(Bytes key, long revision) {
    return new Command.Compare(
        Command.Compare.EQUAL, Command.Compare.CREATE, key, Bytes.EMPTY, revision, Bytes.EMPTY);
  }

  static Command.Put put(Bytes key, Bytes value, long lease) {
    return new Command.Put(key, value, lease, false, false, false);
  }

  static Command.DeleteRange delete(Bytes key) {
    return new Command.DeleteRange(key, Bytes.EMPTY, false);
  }

  /** The pairs that a range found. */
  static List<KeyValue> found(Result result) {
    return result instanceof Result.Range range
        ? range.kvs().stream().map(KeyValueCodec::decodeStored).toList()
        : List.of();
  }

  /** The same with the limits of that call. */
  QueueCalls within(CallContext context) {
    return new QueueCalls() {
      @Override
      public void call(Command command, Consumer<Result> answer) {
        Calls.this.call(command, context, answer);
      }

      @Override
      public Watching watch(
          Bytes key,
          Bytes rangeEnd,
          long fromRevision,
          Watched watched,
          Consumer<Failure> onFailure) {
        return Calls.this.watch(
            key, rangeEnd, fromRevision, context, Room.ENDLESS, watched, onFailure);
      }
    };
  }

  /**
   * Watches from a revision on; the watched is told one thing after the other, and nothing after
   * {@link QueueCalls.Watching#stop}.
   *
   * @param room of the watched; what does not fit waits with the watch
   * @param onFailure is told when there can be no watch
   */
  QueueCalls.Watching watch(
      Bytes key,
      Bytes rangeEnd,
      long fromRevision,
      CallContext context,
      Room room,
      QueueCalls.Watched watched,
      Consumer<Failure> onFailure) {
    var sink = new Sink(watched, room);
    return switch (service.watch(context, sink)) {
      case Service.WatchRefused refused -> {
        onFailure.accept(refused.failure());
        yield () -> {};
      }
      case Service.WatchStream stream -> {
        stream.request(
            new WatchRequest.Create(
                key, rangeEnd, fromRevision, false, false, false, false, 0, false));
        yield () -> {
          sink.stopped = true;
          stream.close();
        };
      }
    };
  }

  private static final class Sink implements Service.WatchSink {
    private final QueueCalls.Watched watched;
    private final Room room;
    private boolean stopped;

    Sink(QueueCalls.Watched watched, Room room) {
      this.watched = watched;
      this.room = room;
    }

    @Override
    public void send(Bytes start, long watchId, Bytes events) {
      try {
        readHead(start);
        readEvents(events);
      } catch (MalformedProto malformed) {
        throw new IllegalStateException("the server reads its own messages", malformed);
      }
    }

    @Override
    public void flush() {
      // Every message was taken at once.
    }

    @Override
    public void pauseRequests() {
      // There is one request.
    }

    @Override
    public void resumeRequests() {
      // There is one request.
    }

    private void readHead(Bytes head) throws MalformedProto {
      var reader = new ProtoReader(head);
      for (var tag = reader.next(); tag != 0; tag = reader.next()) {
        if (tag == CANCELED) {
          if (!stopped) {
            watched.lost();
          }
          return;
        }
        reader.skip(tag);
      }
    }

    private void readEvents(Bytes events) throws MalformedProto {
      var reader = new ProtoReader(events);
      for (var tag = reader.next(); tag != 0 && !stopped; tag = reader.next()) {
        if (tag == EVENTS) {
          readEvent(new ProtoReader(reader.bytes()));
        } else {
          reader.skip(tag);
        }
      }
    }

    private void readEvent(ProtoReader reader) throws MalformedProto {
      var deleted = false;
      var kv = Bytes.EMPTY;
      for (var tag = reader.next(); tag != 0; tag = reader.next()) {
        switch (tag) {
          case 1 << 3 -> deleted = reader.varint() == 1;
          case 2 << 3 | ProtoReader.LENGTH -> kv = reader.bytes();
          default -> reader.skip(tag);
        }
      }
      if (deleted) {
        watched.deleted(KeyValueCodec.decodeStored(kv).modRevision());
      } else {
        watched.put(KeyValueCodec.decodeStored(kv));
      }
    }

    @Override
    public boolean isWritable() {
      return room.isWritable();
    }

    @Override
    public void onDrain(Runnable action) {
      room.onDrain(action);
    }
  }
}
