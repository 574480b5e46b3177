package dev.kvorum.storage.state;

import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.lease.LeaseChange;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.mvcc.Applied;
import dev.kvorum.storage.mvcc.Write;
import java.util.List;

/**
 * What one command did.
 *
 * @param result for whoever asked
 * @param writes new records, in revision order
 * @param events what watchers see, in revision order
 * @param others changes of the small buckets
 * @param leases what happened to leases, in order
 * @param overQuota the command took effect although this member's quota is used up; whoever asked
 *     here gets the no-space error instead of the result, and the alarm is raised (contract S17.3)
 */
public record Outcome(
    Result result,
    List<Write> writes,
    List<Event> events,
    List<WriteBatch.Change> others,
    List<LeaseChange> leases,
    boolean overQuota) {
  static Outcome of(Applied applied, boolean overQuota) {
    return new Outcome(
        applied.result(), applied.writes(), applied.events(), List.of(), List.of(), overQuota);
  }

  static Outcome of(Result result, List<WriteBatch.Change> others) {
    return new Outcome(result, List.of(), List.of(), others, List.of(), false);
  }

  static Outcome refused(Failure failure) {
    return of(new Result.Failed(failure), List.of());
  }
}
