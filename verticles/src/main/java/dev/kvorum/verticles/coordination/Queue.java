package dev.kvorum.verticles.coordination;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.KeyValue;
import dev.kvorum.storage.model.ProtoWriter;
import dev.kvorum.storage.model.Result;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The queue in which locks and elections wait (contract S11.2): everybody puts a key with a lease
 * under one prefix, and whoever's key has the lowest create revision is first. Who waits watches
 * the key right before the own one and nothing else, so one departure wakes one waiter.
 *
 * <p>A waiter's lease may run out while it waits. Then its key is gone, and it must not believe
 * that it became first: before it is told so, its own key is looked at once more.
 */
public final class Queue {
  /** What a lease is that the server grants by itself (contract S11.1). */
  private static final long OWN_LEASE_SECONDS = 60;

  /** In which a lease stands in a key, with a sign where it is negative (contract S11.1). */
  private static final int HEXADECIMAL = 16;

  /** What a waiter hears whose key was gone when its turn came. */
  private final String goneText;

  private final QueueCalls calls;

  /** Who has asked and has no answer yet, in the order in which they came. */
  private final Set<Attempt> underWay = new LinkedHashSet<>();

  private boolean stopped;

  /**
   * @param calls without a limit of the client's own: each step has the server's limit, and only
   *     the client limits the whole
   */
  public Queue(QueueCalls calls, String goneText) {
    this.calls = calls;
    this.goneText = goneText;
  }

  /** Ends what is under way for a client that has gone. */
  public interface Cancelable {
    void cancel();
  }

  /** The keys of a queue begin with this. */
  static Bytes prefix(Bytes name) {
    return new ProtoWriter(name.size() + 1).raw(name).raw(Bytes.utf8("/")).toBytes();
  }

  /** What is granted to who brings no lease; nobody keeps it alive (contract S11.1). */
  static Command.LeaseGrant ownLease() {
    return new Command.LeaseGrant(0, OWN_LEASE_SECONDS);
  }

  private static Bytes key(Bytes prefix, long lease) {
    return new ProtoWriter(prefix.size() + 17)
        .raw(prefix)
        .raw(Bytes.utf8(Long.toString(lease, HEXADECIMAL)))
        .toBytes()
        .compact();
  }

  /**
   * Takes a place and answers when it is the first. The same name and lease have the same place.
   *
   * @param lease 0 for one that the server grants
   * @param own calls with the client's own limits, for what it waits for
   * @param value of the key, if it has to be put; {@code onPresent} sees it if it need not
   * @param onPresent may do something with a key that was there, and then goes on
   */
  public Cancelable enter(
      Bytes name,
      long lease,
      Bytes value,
      QueueCalls own,
      Present onPresent,
      Consumer<Reply<Entry>> answer) {
    var attempt = new Attempt(name, value, own, onPresent, answer);
    underWay.add(attempt);
    if (stopped) {
      attempt.stop();
    } else {
      attempt.begin(lease);
    }
    return attempt;
  }

  /**
   * The member stops: everybody under way is told so and gives the place up, and so is whoever
   * comes. The end of a connection would tell a client nothing, and leave its key in the queue.
   */
  public void stop() {
    stopped = true;
    List.copyOf(underWay).forEach(Attempt::stop);
  }

  /** What to do with a key that was there already. */
  @FunctionalInterface
  public interface Present {
    /** Goes on by running the action, or ends the attempt with the reply. */
    void found(Entry entry, KeyValue kv, Runnable goOn, Consumer<Reply<Entry>> end);
  }

  private final class Attempt implements Cancelable {
    private final Bytes prefix;
    private final Bytes value;
    private final QueueCalls ownCalls;
    private final Present onPresent;
    private final Consumer<Reply<Entry>> answer;

    /** The place, while it is the attempt's to give up: one that was first before it is not. */
    private @Nullable Entry own;

    private QueueCalls.@Nullable Watching watching;

    /** Nothing more is done but to give the place up. */
    private boolean ended;

    /** The client has heard, or is gone. */
    private boolean answered;

    Attempt(
        Bytes name,
        Bytes value,
        QueueCalls ownCalls,
        Present onPresent,
        Consumer<Reply<Entry>> answer) {
      prefix = prefix(name);
      this.value = value;
      this.ownCalls = ownCalls;
      this.onPresent = onPresent;
      this.answer = answer;
    }

    void begin(long lease) {
      if (lease != 0) {
        takePlace(lease);
        return;
      }
      ownCalls.call(
          ownLease(),
          result -> {
            switch (result) {
              case Result.LeaseGrant granted -> takePlace(granted.id());
              case Result.Failed failed -> end(new Reply.Refused<>(failed.failure()));
              case Result _ -> throw new IllegalStateException("a grant answers with a grant");
            }
          });
    }

    private void takePlace(long lease) {
      if (ended) {
        return;
      }
      var key = key(prefix, lease);
      var txn =
          new Command.Txn(
              List.of(Calls.createdAt(key, 0)),
              List.of(Calls.put(key, value, lease), Calls.first(prefix)),
              List.of(Calls.get(key), Calls.first(prefix)));
      ownCalls.call(
          txn,
          result -> {
            switch (result) {
              case Result.Txn done -> placed(key, lease, done);
              case Result.Failed failed -> end(new Reply.Refused<>(failed.failure()));
              case Result _ -> throw new IllegalStateException("a txn answers with a txn");
            }
          });
    }

    private void placed(Bytes key, long lease, Result.Txn done) {
      var first = Calls.found(done.responses().getLast()).getFirst();
      if (done.succeeded()) {
        var entry = new Entry(key, lease, done.revision(), done.revision());
        own = entry;
        proceed(entry, first);
        return;
      }
      var present = Calls.found(done.responses().getFirst()).getFirst();
      var entry = new Entry(key, lease, present.createRevision(), done.revision());
      // Who holds the lock asks again: whatever becomes of this call, the lock stays held.
      own = first.key().equals(key) ? null : entry;
      if (ended) {
        giveUp(() -> {});
      } else {
        onPresent.found(entry, present, () -> proceed(entry, first), this::end);
      }
    }

    private void proceed(Entry entry, KeyValue first) {
      if (ended) {
        giveUp(() -> {});
      } else if (first.key().equals(entry.key())) {
        end(new Reply.Done<>(entry));
      } else {
        awaitTurn(entry);
      }
    }

    /** Waits until nobody is before the entry: each time for the one right before it. */
    private void awaitTurn(Entry entry) {
      if (ended) {
        return;
      }
      calls.call(
          Calls.lastBefore(prefix, entry.createRevision()),
          result -> {
            if (result instanceof Result.Failed failed) {
              end(new Reply.Refused<>(failed.failure()));
              return;
            }
            var before = Calls.found(result);
            if (before.isEmpty()) {
              confirm(entry);
            } else {
              awaitDeparture(entry, before.getFirst().key(), ((Result.Range) result).revision());
            }
          });
    }

    private void awaitDeparture(Entry entry, Bytes key, long revision) {
      if (ended) {
        return;
      }
      watching =
          calls.watch(
              key,
              Bytes.EMPTY,
              revision + 1,
              new QueueCalls.Watched() {
                @Override
                public void put(KeyValue kv) {}

                @Override
                public void deleted(long revision) {
                  stopWatching();
                  awaitTurn(entry);
                }

                @Override
                public void lost() {
                  stopWatching();
                  awaitTurn(entry);
                }
              },
              failure -> end(new Reply.Refused<>(failure)));
    }

    /** The turn has come, if the own key is still there. */
    private void confirm(Entry entry) {
      calls.call(
          Calls.get(entry.key()),
          result -> {
            if (result instanceof Result.Failed failed) {
              end(new Reply.Refused<>(failed.failure()));
              return;
            }
            var present = Calls.found(result);
            if (present.isEmpty()
                || present.getFirst().createRevision() != entry.createRevision()) {
              end(new Reply.Impossible<>(goneText));
            } else {
              var revision = ((Result.Range) result).revision();
              end(
                  new Reply.Done<>(
                      new Entry(entry.key(), entry.lease(), entry.createRevision(), revision)));
            }
          });
    }

    private void stopWatching() {
      if (watching != null) {
        watching.stop();
        watching = null;
      }
    }

    /**
     * The attempt is over. One that failed gives its place up, or whoever is behind it would wait
     * for a lease that nobody may be using; whoever hears of the failure finds it given up.
     */
    private void end(Reply<Entry> reply) {
      if (ended) {
        return;
      }
      close();
      if (reply instanceof Reply.Refused<Entry>) {
        giveUp(() -> tell(reply));
      } else {
        own = null;
        tell(reply);
      }
    }

    private void close() {
      ended = true;
      stopWatching();
    }

    private void tell(Reply<Entry> reply) {
      underWay.remove(this);
      if (!answered) {
        answered = true;
        answer.accept(reply);
      }
    }

    /** The member stops. */
    void stop() {
      close();
      giveUp(() -> {});
      tell(new Reply.Refused<>(Failure.STOPPED));
    }

    /** Contract S11.5: whoever stops waiting gives its place up. */
    @Override
    public void cancel() {
      answered = true;
      underWay.remove(this);
      close();
      giveUp(() -> {});
    }

    /** Deletes the place, if it is there; what then happens does not wait for its success. */
    private void giveUp(Runnable then) {
      var place = own;
      own = null;
      if (place == null) {
        then.run();
        return;
      }
      calls.call(
          new Command.Txn(
              List.of(Calls.createdAt(place.key(), place.createRevision())),
              List.of(Calls.delete(place.key())),
              List.of()),
          _ -> then.run());
    }
  }
}
