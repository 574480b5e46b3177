package dev.kvorum.simulator.world;

import dev.kvorum.storage.model.Result;

/** What a client learns about its request. */
public sealed interface Reply {
  /**
   * The member has answered, perhaps with a refusal ({@link Result.Failed}).
   *
   * @param appliedIndex what the member had applied when it answered
   */
  record Answered(Result result, long appliedIndex) implements Reply {}

  /** No answer came: the request may have taken effect, may still do so, or never will. */
  record Unknown(String reason) implements Reply {}
}
