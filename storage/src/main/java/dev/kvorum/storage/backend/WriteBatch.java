package dev.kvorum.storage.backend;

import dev.kvorum.storage.model.Bytes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Changes that become visible together, applied in the order in which they were added. */
public final class WriteBatch {
  /** One change; a null value deletes the key, and deleting a missing key is legal. */
  public record Change(Bucket bucket, Bytes key, @Nullable Bytes value) {}

  private final List<Change> changes = new ArrayList<>();

  public WriteBatch put(Bucket bucket, Bytes key, Bytes value) {
    changes.add(new Change(bucket, key, value));
    return this;
  }

  public WriteBatch delete(Bucket bucket, Bytes key) {
    changes.add(new Change(bucket, key, null));
    return this;
  }

  public WriteBatch add(Change change) {
    changes.add(change);
    return this;
  }

  public List<Change> changes() {
    return Collections.unmodifiableList(changes);
  }

  public boolean isEmpty() {
    return changes.isEmpty();
  }
}
