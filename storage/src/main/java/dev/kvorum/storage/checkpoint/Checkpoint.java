package dev.kvorum.storage.checkpoint;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.mvcc.IndexMisfitException;
import dev.kvorum.storage.mvcc.KeptIndex;
import dev.kvorum.storage.mvcc.StoreLoader;
import java.util.List;

/**
 * A checkpoint that was read whole. Used once: a start goes on with its index.
 *
 * @param attachments the payloads of its frames of attachments
 */
public record Checkpoint(KeptIndex kept, List<Bytes> attachments) {
  public Checkpoint {
    attachments = List.copyOf(attachments);
  }

  /** Tells of every key that was attached to a lease when the checkpoint was written. */
  public void attachAll(StoreLoader.Attachments table) throws IndexMisfitException {
    new AttachmentStream(attachments).attachAll(table);
  }
}
