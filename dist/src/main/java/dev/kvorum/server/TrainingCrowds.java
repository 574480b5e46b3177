package dev.kvorum.server;

import static dev.kvorum.server.TrainingClient.CALLS_AT_ONCE;
import static dev.kvorum.server.TrainingClient.await;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.MalformedProto;
import dev.kvorum.storage.model.ProtoReader;
import dev.kvorum.storage.model.ProtoWriter;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import java.util.ArrayList;
import java.util.function.IntToLongFunction;

/**
 * Work on a scale that a server sees rarely, and during which everybody waits for the processor:
 * the end of a lease with very many keys and of very many leases, a delete of a range, a
 * compaction. A server should not meet it with code that was never run: then the compiler takes one
 * of two cores for seconds, just when they are needed.
 */
final class TrainingCrowds {
  private static final int LEASE = 1;

  /** Those that run out together have the numbers from here on. */
  private static final int FIRST_OF_MANY = 1_000;

  private static final Bytes FROM = Bytes.utf8("m");
  private static final Bytes TO = Bytes.utf8("n");

  /** Enough that the compiler takes what runs once for each of them for worth its while. */
  private static final int KEYS = 16_000;

  /** Fewer than a server takes in one transaction. */
  private static final int PUTS_A_CALL = 100;

  /** Bytes before a message. */
  private static final int FRAME_HEADER = 5;

  private static final long REFUSED = -1;

  private static final long NANOS_A_SECOND = 1_000_000_000L;

  /** So long after the first grant the leases run out; all are granted before. */
  private static final long STORM_AFTER_SECONDS = 8;

  private static final long SHORTEST_TTL_SECONDS = 2;

  /** A busy machine is slow; one on which leases never end must not keep the cache's lock. */
  private static final long PATIENCE_NANOS = 60 * NANOS_A_SECOND;

  private final TrainingClient client;

  /** Of the last answer. */
  private long revision;

  TrainingCrowds(TrainingClient client) {
    this.client = client;
  }

  void useAll() throws Exception {
    var watch = watch();
    ask("etcdserverpb.Lease/LeaseGrant", grant(LEASE, 3_600));
    put(_ -> LEASE);
    ask("etcdserverpb.Lease/LeaseRevoke", new ProtoWriter(16).varintField(1, LEASE));
    put(_ -> 0);
    ask("etcdserverpb.KV/DeleteRange", range());
    storm();
    watch.reset();
    ask("etcdserverpb.KV/Compact", new ProtoWriter(16).varintField(1, revision).boolField(2, true));
  }

  /** Leases with a key each that run out in the same second; returns when all are gone. */
  private void storm() throws Exception {
    var end = System.nanoTime() + STORM_AFTER_SECONDS * NANOS_A_SECOND;
    var grants = new ArrayList<Future<?>>();
    for (var number = 0; number < KEYS; number++) {
      var ttl = Math.max(SHORTEST_TTL_SECONDS, (end - System.nanoTime()) / NANOS_A_SECOND);
      var grant = grant(FIRST_OF_MANY + number, ttl);
      grants.add(client.call("etcdserverpb.Lease/LeaseGrant", bytes(grant)));
      if (grants.size() == PUTS_A_CALL) {
        await(Future.all(grants));
        grants.clear();
      }
    }
    put(number -> FIRST_OF_MANY + number);
    var patience = end + PATIENCE_NANOS;
    while (count() != 0) {
      if (System.nanoTime() - patience > 0) {
        throw new IllegalStateException("leases that ran out long ago are still there");
      }
      Thread.sleep(100);
    }
  }

  /** How many keys of the crowd there are, {@link #REFUSED} if the server has no time to say. */
  private long count() throws Exception {
    return ask("etcdserverpb.KV/Range", range().boolField(9, true));
  }

  /** Sees all that happens to the keys. */
  private HttpClientRequest watch() throws Exception {
    var message = new ProtoWriter(64).bytesField(1, range().toBytes());
    var opened = client.stream("etcdserverpb.Watch/Watch", bytes(message), _ -> {});
    await(opened);
    return opened.result();
  }

  private void put(IntToLongFunction lease) throws Exception {
    for (var from = 0; from < KEYS; ) {
      var calls = new ArrayList<Future<?>>();
      for (var call = 0; call < CALLS_AT_ONCE; call++, from += PUTS_A_CALL) {
        calls.add(client.call("etcdserverpb.KV/Txn", bytes(puts(from, lease))));
      }
      await(Future.all(calls));
    }
  }

  /** {@code success: [put m... = v, ...]}, each with its lease, 0 for none. */
  private static ProtoWriter puts(int from, IntToLongFunction lease) {
    var transaction = new ProtoWriter(64 * PUTS_A_CALL);
    for (var number = from; number < from + PUTS_A_CALL; number++) {
      var put =
          new ProtoWriter(64)
              .bytesField(1, Bytes.utf8("m" + (10_000_000 + number)))
              .bytesField(2, Bytes.utf8("v"))
              .varintField(3, lease.applyAsLong(number));
      transaction.bytesField(2, new ProtoWriter(64).bytesField(2, put.toBytes()).toBytes());
    }
    return transaction;
  }

  private static ProtoWriter grant(long id, long ttlSeconds) {
    return new ProtoWriter(32).varintField(1, ttlSeconds).varintField(2, id);
  }

  /** The crowd's keys, for a range, a deletion and a watch. */
  private static ProtoWriter range() {
    return new ProtoWriter(16).bytesField(1, FROM).bytesField(2, TO);
  }

  /**
   * Calls and remembers the revision in the answer's header.
   *
   * @return the answer's field 4, or {@link #REFUSED}
   */
  private long ask(String method, ProtoWriter message) throws Exception {
    var answer = client.call(method, bytes(message));
    await(answer);
    if (answer.result().length() < FRAME_HEADER) {
      return REFUSED;
    }
    var reader = new ProtoReader(message(answer.result()));
    var number = 0L;
    for (var tag = reader.next(); tag != 0; tag = reader.next()) {
      switch (tag) {
        case 1 << 3 | ProtoReader.LENGTH -> revision = revision(reader.bytes());
        case 4 << 3 -> number = reader.varint();
        default -> reader.skip(tag);
      }
    }
    return number;
  }

  private static long revision(Bytes header) throws MalformedProto {
    var reader = new ProtoReader(header);
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

  private static Bytes message(Buffer framed) {
    return Bytes.copyOf(framed.getBytes(FRAME_HEADER, framed.length()));
  }

  private static byte[] bytes(ProtoWriter message) {
    return message.toBytes().toArray();
  }
}
