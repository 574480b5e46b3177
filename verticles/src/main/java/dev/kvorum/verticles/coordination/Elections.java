package dev.kvorum.verticles.coordination;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.KeyValue;
import dev.kvorum.storage.model.Result;
import dev.kvorum.verticles.service.CallContext;
import dev.kvorum.verticles.service.Service;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** {@code v3electionpb.Election} (contract S12). */
public final class Elections {
  private static final String NOT_LEADER = "election: not leader";
  private static final String NO_LEADER = "election: no leader";

  /** As the revision of a look: the newest. */
  private static final long PRESENT = 0;

  private final Queue queue;
  private final Calls calls;

  /** Those who are told of leaders, in the order in which they came. */
  private final Set<Observer> observers = new LinkedHashSet<>();

  private boolean stopped;

  /** One instance a loop, as the service. */
  public Elections(Service service) {
    calls = new Calls(service);
    queue = new Queue(calls.within(CallContext.PLAIN), NOT_LEADER);
  }

  /** A leader's key and what it says, with the revision of the header that told of it. */
  public record Leader(KeyValue kv, long revision) {}

  /**
   * Answers when the caller leads.
   *
   * @return to be run when the client goes away
   */
  public Runnable campaign(
      Bytes name, long lease, Bytes value, CallContext context, Consumer<Reply<Entry>> answer) {
    return queue.enter(
            name,
            lease,
            value,
            calls.within(context),
            (entry, kv, goOn, end) -> {
              if (kv.value().equals(value)) {
                goOn.run();
              } else {
                proclaimAgain(entry, value, context, goOn, end);
              }
            },
            answer)
        ::cancel;
  }

  /** A campaign that goes on with another value says so (contract S12.1). */
  private void proclaimAgain(
      Entry entry, Bytes value, CallContext context, Runnable goOn, Consumer<Reply<Entry>> end) {
    proclaim(
        entry.key(),
        entry.createRevision(),
        entry.lease(),
        value,
        context,
        reply -> {
          switch (reply) {
            case Reply.Done<Long> _ -> goOn.run();
            case Reply.Refused<Long> refused -> end.accept(new Reply.Refused<>(refused.failure()));
            case Reply.Impossible<Long> no -> end.accept(new Reply.Impossible<>(no.text()));
          }
        });
  }

  /**
   * Says something new as the leader; answers with the header's revision.
   *
   * @param lease of the leader's key from now on; 0 for one that the server grants, because a
   *     leader's key without a lease would never end
   */
  public void proclaim(
      Bytes key,
      long createRevision,
      long lease,
      Bytes value,
      CallContext context,
      Consumer<Reply<Long>> answer) {
    if (lease == 0) {
      calls.call(
          Queue.ownLease(),
          context,
          result -> {
            switch (result) {
              case Result.LeaseGrant granted ->
                  proclaim(key, createRevision, granted.id(), value, context, answer);
              case Result.Failed failed -> answer.accept(new Reply.Refused<>(failed.failure()));
              case Result _ -> throw new IllegalStateException("a grant answers with a grant");
            }
          });
      return;
    }
    ifCreatedAt(
        key,
        createRevision,
        Calls.put(key, value, lease),
        context,
        done ->
            answer.accept(
                done.succeeded()
                    ? new Reply.Done<>(done.revision())
                    : new Reply.Impossible<>(NOT_LEADER)),
        answer);
  }

  /** Gives leadership up, if the caller has it; answers with the header's revision. */
  public void resign(
      Bytes key, long createRevision, CallContext context, Consumer<Reply<Long>> answer) {
    ifCreatedAt(
        key,
        createRevision,
        Calls.delete(key),
        context,
        done -> answer.accept(new Reply.Done<>(done.revision())),
        answer);
  }

  private void ifCreatedAt(
      Bytes key,
      long createRevision,
      Command.TxnOp then,
      CallContext context,
      Consumer<Result.Txn> done,
      Consumer<Reply<Long>> answer) {
    var txn =
        new Command.Txn(List.of(Calls.createdAt(key, createRevision)), List.of(then), List.of());
    calls.call(
        txn,
        context,
        result -> {
          switch (result) {
            case Result.Txn txnDone -> done.accept(txnDone);
            case Result.Failed failed -> answer.accept(new Reply.Refused<>(failed.failure()));
            case Result _ -> throw new IllegalStateException("a txn answers with a txn");
          }
        });
  }

  /** Who leads now. */
  public void leader(Bytes name, CallContext context, Consumer<Reply<Leader>> answer) {
    calls.call(
        Calls.first(Queue.prefix(name)),
        context,
        result ->
            answer.accept(
                switch (result) {
                  case Result.Range range when range.kvs().isEmpty() ->
                      new Reply.Impossible<>(NO_LEADER);
                  case Result.Range range ->
                      new Reply.Done<>(new Leader(Calls.found(range).getFirst(), range.revision()));
                  case Result.Failed failed -> new Reply.Refused<>(failed.failure());
                  case Result _ -> throw new IllegalStateException("a range answers as one");
                }));
  }

  /**
   * Tells of the leader, of everything that it proclaims, and of every leader after it; waits where
   * there is none. While the listener has no room, the watch behind it waits.
   *
   * @return to be run when the client goes away
   */
  public Runnable observe(
      Bytes name, CallContext context, Room room, Consumer<Reply<Leader>> listener) {
    var observer = new Observer(Queue.prefix(name), context, room, listener);
    observers.add(observer);
    if (stopped) {
      observer.refuse(Failure.STOPPED);
    } else {
      observer.look();
    }
    return observer::stop;
  }

  /** The member stops: whoever campaigns or observes is told so. */
  public void stop() {
    stopped = true;
    queue.stop();
    List.copyOf(observers).forEach(observer -> observer.refuse(Failure.STOPPED));
  }

  private final class Observer {
    private final Bytes prefix;
    private final CallContext context;
    private final Room room;
    private final Consumer<Reply<Leader>> listener;
    private QueueCalls.@Nullable Watching watching;

    /** The newest that the listener has heard of. */
    private @Nullable KeyValue told;

    private boolean ended;

    Observer(Bytes prefix, CallContext context, Room room, Consumer<Reply<Leader>> listener) {
      this.prefix = prefix;
      this.context = context;
      this.room = room;
      this.listener = listener;
    }

    void look() {
      lookAt(PRESENT);
    }

    /**
     * Looks who led then: whoever led between the end of a leader and this look must be told of,
     * too. Where that is compacted, the present is all that can be told.
     */
    private void lookAt(long revision) {
      stopWatching();
      if (ended) {
        return;
      }
      if (!room.isWritable()) {
        room.onDrain(() -> lookAt(revision));
        return;
      }
      calls.call(
          Calls.firstAt(prefix, revision),
          CallContext.PLAIN,
          result -> {
            if (!ended) {
              seen(result, revision);
            }
          });
    }

    private void seen(Result result, long revision) {
      switch (result) {
        case Result.Failed(var failure) when failure == Failure.COMPACTED && revision != PRESENT ->
            look();
        case Result.Failed(var failure) -> refuse(failure);
        case Result.Range range -> {
          var at = revision == PRESENT ? range.revision() : revision;
          var found = Calls.found(range);
          if (found.isEmpty()) {
            awaitLeader(at);
          } else {
            follow(found.getFirst(), at);
          }
        }
        case Result _ -> throw new IllegalStateException("a range answers as one");
      }
    }

    /** Nobody leads: the first key that is put under the prefix is the leader's. */
    private void awaitLeader(long revision) {
      watch(
          prefix,
          Calls.endOf(prefix),
          revision + 1,
          kv -> {
            stopWatching();
            follow(kv, kv.modRevision());
          },
          _ -> {});
    }

    private void follow(KeyValue leader, long revision) {
      // Whoever looks again, because a compaction ended the watch, may find what was there before.
      if (!leader.equals(told)) {
        tell(leader, revision);
      }
      if (!ended) {
        watch(
            leader.key(),
            Bytes.EMPTY,
            revision + 1,
            kv -> tell(kv, kv.modRevision()),
            this::lookAt);
      }
    }

    private void tell(KeyValue leader, long revision) {
      told = leader;
      listener.accept(new Reply.Done<>(new Leader(leader, revision)));
    }

    private void watch(
        Bytes key, Bytes rangeEnd, long from, Consumer<KeyValue> onPut, LongConsumer onDelete) {
      watching =
          calls.watch(
              key,
              rangeEnd,
              from,
              context,
              room,
              new QueueCalls.Watched() {
                @Override
                public void put(KeyValue kv) {
                  onPut.accept(kv);
                }

                @Override
                public void deleted(long revision) {
                  onDelete.accept(revision);
                }

                @Override
                public void lost() {
                  look();
                }
              },
              this::refuse);
    }

    /** Nothing more is told. */
    void refuse(Failure failure) {
      stop();
      listener.accept(new Reply.Refused<>(failure));
    }

    private void stopWatching() {
      if (watching != null) {
        watching.stop();
        watching = null;
      }
    }

    void stop() {
      ended = true;
      observers.remove(this);
      stopWatching();
    }
  }
}
