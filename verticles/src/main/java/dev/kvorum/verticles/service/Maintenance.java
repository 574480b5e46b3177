package dev.kvorum.verticles.service;

import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.Member;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Calls on this member: same threading rules as {@link Service}. */
public interface Maintenance {
  /** Contract S17.1. */
  record Status(
      long revision,
      String version,
      long dbSizeBytes,
      long dbSizeInUseBytes,
      long dbSizeQuotaBytes,
      long leader,
      long raftIndex,
      long raftAppliedIndex,
      long raftTerm,
      List<String> errors,
      boolean learner,
      String storageVersion) {}

  /** Contract S18.1; {@code failure} is null when the hash was computed. */
  record HashKv(
      long revision,
      int hash,
      long compactRevision,
      long hashRevision,
      @Nullable Failure failure) {}

  /** Contract S18.5. */
  record Hash(long revision, int hash) {}

  /** Members, or why there are none. */
  record Members(List<Member> members, @Nullable Failure failure) {}

  void status(Consumer<Status> answer);

  /** {@code revision} 0 means the present one. */
  void hashKv(long revision, Consumer<HashKv> answer);

  void hash(Consumer<Hash> answer);

  /** Has nothing to stop for; afterwards {@code dbSize} equals {@code dbSizeInUse}. */
  void defragment(Runnable answer);

  void members(boolean linearizable, CallContext call, Consumer<Members> answer);
}
