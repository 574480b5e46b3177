package dev.kvorum.verticles.coordination;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Result;
import dev.kvorum.verticles.service.CallContext;
import dev.kvorum.verticles.service.Service;
import java.util.function.Consumer;

/**
 * {@code v3lockpb.Lock} (contract S11). The create revision of a lock's key grows from holder to
 * holder: whoever writes elsewhere under a lock can compare it there and refuse a holder of before.
 */
public final class Locks {
  private static final String EXPIRED = "mutex: session is expired";

  private final Queue queue;
  private final Calls calls;

  /** One instance a loop, as the service. */
  public Locks(Service service) {
    calls = new Calls(service);
    queue = new Queue(calls.within(CallContext.PLAIN), EXPIRED);
  }

  /**
   * Answers when the caller holds the lock.
   *
   * @return to be run when the client goes away
   */
  public Runnable lock(Bytes name, long lease, CallContext context, Consumer<Reply<Entry>> answer) {
    var attempt =
        queue.enter(
            name, lease, Bytes.EMPTY, calls.within(context), (_, _, goOn, _) -> goOn.run(), answer);
    return attempt::cancel;
  }

  /** The member stops: whoever waits for a lock is told so. */
  public void stop() {
    queue.stop();
  }

  /** Deletes the key, whoever's it is; answers with the header's revision. */
  public void unlock(Bytes key, CallContext context, Consumer<Reply<Long>> answer) {
    calls.call(
        Calls.delete(key),
        context,
        result ->
            answer.accept(
                switch (result) {
                  case Result.DeleteRange done -> new Reply.Done<>(done.revision());
                  case Result.Failed failed -> new Reply.Refused<>(failed.failure());
                  case Result _ -> throw new IllegalStateException("a delete answers as one");
                }));
  }
}
