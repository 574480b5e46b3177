package dev.kvorum.verticles.bus;

import dev.kvorum.raft.verticle.LocalCodec;
import dev.kvorum.storage.checkpoint.Attachments;
import dev.kvorum.storage.lease.LeaseTable;
import dev.kvorum.storage.mvcc.StoreMeta;
import dev.kvorum.verticles.stage.Answer;
import io.vertx.core.eventbus.EventBus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The addresses and records of the store and the front ends. */
public final class StoreBus {
  /** To the store: {@link Defragment}; answered with an empty message. */
  public static final String DEFRAGMENT = "kvorum.store.defragment";

  /** To the store: {@link BeginCheckpoint}, answered by {@link CheckpointBegun}. */
  public static final String BEGIN_CHECKPOINT = "kvorum.store.begin-checkpoint";

  /** To the store: {@link CopyAttachments}, answered by {@link AttachmentsCopied}. */
  public static final String COPY_ATTACHMENTS = "kvorum.store.copy-attachments";

  private StoreBus() {}

  /** From the store to front end {@code loop}: {@link Answers}. */
  public static String answers(int loop) {
    return "kvorum.front." + loop + ".answers";
  }

  /** From the store to front end {@code loop}: {@link InProgress}. */
  public static String inProgress(int loop) {
    return "kvorum.front." + loop + ".in-progress";
  }

  /** From the store to front end {@code loop}: {@link ReadsReady}. */
  public static String reads(int loop) {
    return "kvorum.front." + loop + ".reads";
  }

  /** All results of one applied batch that belong to one front end. */
  public record Answers(List<Answer> answers) {}

  /** The request is applied; its answer follows when the work behind it is done. */
  public record InProgress(long requestId) {}

  /** The round was confirmed and its index is applied: its reads may run. */
  public record ReadsReady(long round) {}

  /** Let the size fall to what is in use (contract S17.5). */
  public record Defragment() {}

  /** Tell of which store a checkpoint would be. */
  public record BeginCheckpoint() {}

  /**
   * A checkpoint may begin.
   *
   * @param meta the store at that moment; null while there can be no checkpoint
   */
  public record CheckpointBegun(@Nullable StoreMeta meta) {}

  /**
   * Copy the next slice of what is attached to leases.
   *
   * @param walk how far the copy has come; the store's loop alone moves it on
   */
  public record CopyAttachments(LeaseTable.Walk walk) {}

  /** The slice. */
  public record AttachmentsCopied(Attachments.Slice slice) {}

  /** Registers the codecs of all records above. */
  public static void register(EventBus bus) {
    LocalCodec.register(bus, Answers.class);
    LocalCodec.register(bus, InProgress.class);
    LocalCodec.register(bus, ReadsReady.class);
    LocalCodec.register(bus, Defragment.class);
    LocalCodec.register(bus, BeginCheckpoint.class);
    LocalCodec.register(bus, CheckpointBegun.class);
    LocalCodec.register(bus, CopyAttachments.class);
    LocalCodec.register(bus, AttachmentsCopied.class);
  }
}
