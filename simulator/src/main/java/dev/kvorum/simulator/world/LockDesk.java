package dev.kvorum.simulator.world;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.verticles.coordination.Entry;
import dev.kvorum.verticles.coordination.Queue;
import dev.kvorum.verticles.coordination.QueueCalls;
import dev.kvorum.verticles.coordination.Reply;
import java.util.HashMap;
import java.util.Map;

/** The lock calls that a member serves, with the server's own queue. */
final class LockDesk {
  /** What the desk needs of its member. */
  interface Shell {
    void tell(long line, Reply<Entry> reply);

    /** The member has decided that the caller holds the lock. */
    void granted(Bytes name, Entry entry);
  }

  private final Shell shell;
  private final QueueCalls calls;
  private final Queue queue;

  /** By line; never iterated. */
  private final Map<Long, Queue.Cancelable> attempts = new HashMap<>();

  LockDesk(Shell shell, QueueCalls calls) {
    this.shell = shell;
    this.calls = calls;
    queue = new Queue(calls, "mutex: session is expired");
  }

  /** A client wants a lock. */
  void asked(long line, LockAsk ask) {
    var attempt =
        queue.enter(
            ask.name(),
            ask.lease(),
            Bytes.EMPTY,
            calls,
            (_, _, goOn, _) -> goOn.run(),
            reply -> {
              attempts.remove(line);
              if (reply instanceof Reply.Done<Entry>(var entry)) {
                shell.granted(ask.name(), entry);
              }
              shell.tell(line, reply);
            });
    attempts.put(line, attempt);
  }

  /** A client is gone. */
  void ended(long line) {
    var attempt = attempts.remove(line);
    if (attempt != null) {
      attempt.cancel();
    }
  }
}
