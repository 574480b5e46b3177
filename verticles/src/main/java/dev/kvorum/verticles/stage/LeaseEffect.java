package dev.kvorum.verticles.stage;

import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Result;
import java.util.List;

/** What the lease stage wants done, in this order. */
public sealed interface LeaseEffect {
  /** Answers a front end. */
  record Reply(int loop, long number, Result result) implements LeaseEffect {}

  /** Asks the store for the lease's keys, adds them to the answer, and answers. */
  record ReplyWithKeys(int loop, long number, Result.LeaseTimeToLive result)
      implements LeaseEffect {}

  /**
   * Makes sure that this member still leads, as a linearizable read does; {@link
   * LeaseStage#confirmed} gets the answer.
   */
  record ConfirmLeadership() implements LeaseEffect {}

  /** Asks the store how many keys hang on each lease; {@link LeaseStage#counted} gets them. */
  record CountKeys(List<Long> ids) implements LeaseEffect {}

  /** Counts, for the metrics, leases that this leader saw run out and that are gone now. */
  record CountExpired(long count) implements LeaseEffect {}

  /** Proposes the command; {@link LeaseStage#proposed} hears how it went. */
  record Propose(Command command) implements LeaseEffect {}
}
