package dev.kvorum.verticles.service;

import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.mvcc.RangeCursor;
import dev.kvorum.storage.mvcc.ReadPlan;
import io.vertx.core.Context;
import org.jspecify.annotations.Nullable;

/**
 * Streams ranges chunk by chunk (contract S3), one chunk in memory at a time: the next is made only
 * when the transport takes data again.
 */
final class RangeStreams {
  private final NodeContext node;
  private final Context context;
  private final ReadRounds rounds;

  RangeStreams(NodeContext node, Context context, ReadRounds rounds) {
    this.node = node;
    this.context = context;
    this.rounds = rounds;
  }

  void stream(Command.Range range, CallContext call, Service.RangeSink sink) {
    DeadlineAnswer.<@Nullable Failure>within(
        context,
        call,
        Failure.DEADLINE_EXCEEDED,
        failure -> {
          if (failure == null) {
            begin(range, call, sink);
          } else {
            sink.failed(new Result.Failed(failure));
          }
        },
        allowed -> {
          if (range.serializable()) {
            allowed.accept(null);
          } else {
            rounds.await(allowed::accept);
          }
        });
  }

  private void begin(Command.Range range, CallContext call, Service.RangeSink sink) {
    var cursor = node.applied().kv().stream(range, node.limits().maxRequestBytes());
    new Stream(cursor, call.deadlineNanos(), sink).next();
  }

  private final class Stream {
    private final RangeCursor cursor;
    private final long deadlineNanos;
    private final Service.RangeSink sink;

    Stream(RangeCursor cursor, long deadlineNanos, Service.RangeSink sink) {
      this.cursor = cursor;
      this.deadlineNanos = deadlineNanos;
      this.sink = sink;
    }

    void next() {
      if (sink.isClosed()) {
        return;
      }
      if (isExpired()) {
        sink.failed(new Result.Failed(Failure.DEADLINE_EXCEEDED));
        return;
      }
      // Pinned for one chunk only: a stream that lasts must not hold a compaction back.
      var pinned = node.pin();
      var chunk = cursor.next(pinned.state().kv());
      var records = GatheredRecords.gather(chunk.plan().needs(), node.memory());
      if (records.missing().isEmpty()) {
        pinned.close();
        deliver(chunk.plan(), records, chunk.isLast());
        return;
      }
      node.reader()
          .fetch(
              records.missing(),
              action -> context.runOnContext(_ -> action.run()),
              fetched -> {
                pinned.close();
                records.complete(fetched);
                deliver(chunk.plan(), records, chunk.isLast());
              });
    }

    /** A stream that the transport holds up is ended by the edge, which has the client's timer. */
    private boolean isExpired() {
      return deadlineNanos != CallContext.NO_DEADLINE && deadlineNanos - System.nanoTime() <= 0;
    }

    private void deliver(ReadPlan plan, GatheredRecords records, boolean isLast) {
      switch (plan.finish(records)) {
        case Result.Range kvs -> {
          sink.chunk(kvs, isLast);
          if (!isLast) {
            continueWhenWritable();
          }
        }
        case Result.Failed failed -> sink.failed(failed);
        case Result.Put _,
            Result.DeleteRange _,
            Result.Txn _,
            Result.Compact _,
            Result.Alarm _,
            Result.LeaseGrant _,
            Result.LeaseRevoke _,
            Result.LeaseKeepAlive _,
            Result.LeaseTimeToLive _,
            Result.LeaseLeases _,
            Result.Done _ ->
            throw new IllegalStateException("a range answers with a range");
      }
    }

    /** Each chunk takes a turn of its own, so that one long stream does not hold the loop. */
    private void continueWhenWritable() {
      if (sink.isWritable()) {
        context.runOnContext(_ -> next());
      } else {
        sink.onDrain(this::next);
      }
    }
  }
}
