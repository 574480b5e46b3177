package dev.kvorum.simulator.client;

import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.Result;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What the clients of one run asked and were told, and what the log committed, as one sequence of
 * events. The sequence is the time that counts: an operation that ended before another began stands
 * before it. Times are kept for people.
 *
 * <p>An operation is a number from 0. A retry is another operation. One that is never completed, or
 * is answered with a failure of the kind {@link Failure.Kind#UNKNOWN}, may have happened.
 */
public final class History {
  /** Who proposed a committed command that no client asked for. */
  public static final int NOBODY = -1;

  /** Gets the events in their order. */
  public interface Reader {
    void invoked(int operation);

    void completed(int operation);

    /**
     * The log has the command at the next position.
     *
     * @param operation who asked for it, or {@link #NOBODY}
     */
    void committed(int operation, Command command);
  }

  private static final int INVOKED = 0;
  private static final int COMPLETED = 1;
  private static final int COMMITTED = 2;
  private static final int KIND_BITS = 2;

  private int operationCount;
  private int[] clients = new int[64];
  private long[] invokedAtNanos = new long[64];
  private long[] completedAtNanos = new long[64];
  private Command[] commands = new Command[64];
  private @Nullable Result[] results = new Result[64];

  /** The kind in the low bits; above it the operation, or the position in the log from 0. */
  private int[] events = new int[128];

  private int eventCount;
  private int committedCount;
  private int[] committedOperations = new int[64];
  private Command[] committedCommands = new Command[64];

  /** A client asks; returns the operation's number. */
  public int invoke(int client, Command command, long nowNanos) {
    var operation = operationCount++;
    if (operation == clients.length) {
      var size = 2 * operation;
      clients = Arrays.copyOf(clients, size);
      invokedAtNanos = Arrays.copyOf(invokedAtNanos, size);
      completedAtNanos = Arrays.copyOf(completedAtNanos, size);
      commands = Arrays.copyOf(commands, size);
      results = Arrays.copyOf(results, size);
    }
    clients[operation] = client;
    invokedAtNanos[operation] = nowNanos;
    completedAtNanos[operation] = Long.MAX_VALUE;
    commands[operation] = command;
    event(INVOKED, operation);
    return operation;
  }

  /** The client was told; a failure of the kind unknown leaves the operation open for ever. */
  public void complete(int operation, Result result, long nowNanos) {
    if (results[operation] != null) {
      throw new IllegalStateException("operation " + operation + " is answered twice");
    }
    results[operation] = result;
    completedAtNanos[operation] = nowNanos;
    event(COMPLETED, operation);
  }

  /** The log has the command at the next position; told once for each position, in log order. */
  public void commit(int operation, Command command) {
    if (committedCount == committedCommands.length) {
      committedCommands = Arrays.copyOf(committedCommands, 2 * committedCount);
      committedOperations = Arrays.copyOf(committedOperations, 2 * committedCount);
    }
    committedOperations[committedCount] = operation;
    committedCommands[committedCount] = command;
    event(COMMITTED, committedCount);
    committedCount++;
  }

  private void event(int kind, int number) {
    if (eventCount == events.length) {
      events = Arrays.copyOf(events, 2 * eventCount);
    }
    events[eventCount++] = number << KIND_BITS | kind;
  }

  public int operationCount() {
    return operationCount;
  }

  public int committedCount() {
    return committedCount;
  }

  public int client(int operation) {
    return clients[operation];
  }

  public Command command(int operation) {
    return commands[operation];
  }

  /** The answer, or null while there is none. */
  public @Nullable Result result(int operation) {
    return results[operation];
  }

  public long invokedAtNanos(int operation) {
    return invokedAtNanos[operation];
  }

  /** When the answer came, {@link Long#MAX_VALUE} while there is none. */
  public long completedAtNanos(int operation) {
    return completedAtNanos[operation];
  }

  /** Whether the client knows what became of the operation. */
  public boolean isDecided(int operation) {
    var result = results[operation];
    return result != null && !isUnknown(result);
  }

  /** Whether the answer says that the request may have happened or not. */
  public static boolean isUnknown(Result result) {
    return result instanceof Result.Failed failed
        && failed.failure().kind() == Failure.Kind.UNKNOWN;
  }

  /** Tells all events so far in their order. */
  public void replay(Reader reader) {
    for (var i = 0; i < eventCount; i++) {
      var number = events[i] >>> KIND_BITS;
      switch (events[i] & ((1 << KIND_BITS) - 1)) {
        case INVOKED -> reader.invoked(number);
        case COMPLETED -> reader.completed(number);
        default -> reader.committed(committedOperations[number], committedCommands[number]);
      }
    }
  }

  /** One line of an operation, for people. */
  public String describe(int operation) {
    var result = results[operation];
    return "operation %d of client %d, %d to %s ns: %s -> %s"
        .formatted(
            operation,
            clients[operation],
            invokedAtNanos[operation],
            result == null ? "open" : completedAtNanos[operation],
            commands[operation],
            result == null ? "no answer" : result);
  }
}
