package dev.kvorum.verticles.coordination;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.KeyValue;
import dev.kvorum.storage.model.Result;
import java.util.function.Consumer;

/** What a queue asks of the member that it runs on; the server and the simulator answer it. */
public interface QueueCalls {
  /** Runs a command as a client's call does; answers once. */
  void call(Command command, Consumer<Result> answer);

  /**
   * Watches from a revision on; the watched is told one thing after the other, and nothing after
   * {@link Watching#stop}.
   *
   * @param onFailure is told when there can be no watch
   */
  Watching watch(
      Bytes key, Bytes rangeEnd, long fromRevision, Watched watched, Consumer<Failure> onFailure);

  /** Sees what happens to a key. */
  interface Watched {
    void put(KeyValue kv);

    /** The key is gone since that main revision. */
    void deleted(long revision);

    /** Nothing more comes: what was to be seen is compacted. Look at the present again. */
    void lost();
  }

  /** A way to stop watching. */
  interface Watching {
    void stop();
  }
}
