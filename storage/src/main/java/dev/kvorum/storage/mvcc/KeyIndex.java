package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.IndexPage.Addition;
import dev.kvorum.storage.mvcc.IndexPage.CompactionPass;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Ordered keys, and for each key the revisions of its records: what lives, since when, and where
 * the contents are. Values and leases are not here.
 *
 * <p>One thread writes. Readers take an {@link IndexView}: {@link #publish} freezes the present
 * state for any thread and for ever, at the price of copying later each page that changes again, so
 * it is called once a batch of commands and not once a command.
 *
 * <p>Inside is a B+tree whose pages carry the number of live keys below them and the newest
 * revision of any record below them. The first answers {@code count} and jumps over dead regions,
 * the second tells when the first may be used for a past revision. What a page looks like is known
 * to the {@code Index…} classes and to {@link KeyHistory} only.
 */
public final class KeyIndex {
  /** A record that a compaction took out of the index. */
  public record Removed(RecordId record, int recordSize) {}

  private IndexPage root = new IndexLeaf(1);

  /** Pages of this epoch are reachable from no published view. */
  private long epoch = 1;

  private final Addition addition = new Addition();

  /** Notes a put; revisions of one key ascend. */
  public void put(Bytes key, Revision revision, long createRevision, long version, int recordSize) {
    addition.createRevision = createRevision;
    addition.version = version;
    addition.tombstone = false;
    add(key, revision, recordSize);
  }

  /** Notes a delete; revisions of one key ascend. */
  public void delete(Bytes key, Revision revision, int recordSize) {
    addition.createRevision = 0;
    addition.version = 0;
    addition.tombstone = true;
    add(key, revision, recordSize);
  }

  private void add(Bytes key, Revision revision, int recordSize) {
    addition.epoch = epoch;
    addition.key = key;
    addition.revision = revision;
    addition.recordSize = recordSize;
    root = root.add(addition);
    var splitOff = addition.splitOff;
    if (splitOff != null) {
      addition.splitOff = null;
      root = IndexBranch.above(epoch, root, addition.splitKey, splitOff);
    }
    // The caller's memory must not stay alive through us.
    addition.key = Bytes.EMPTY;
  }

  /** The present state, for the writer alone and only until its next change. */
  public IndexView present() {
    return new IndexView(root);
  }

  /** Freezes the present state: the view never changes and may be read by any thread. */
  public IndexView publish() {
    epoch++;
    return new IndexView(root);
  }

  /**
   * Takes out of at least {@code maxKeys} keys, counted from {@code from}, or of all that are left,
   * the records that a compaction at the revision removes (contract S7.2). At most one page more
   * than asked for is visited.
   *
   * @param from where the slice begins, null for the first
   * @param removed is told of every removed record, key by key
   * @return where the next slice begins, or null when all is done
   */
  public @Nullable Bytes compact(
      long revision, @Nullable Bytes from, int maxKeys, Consumer<Removed> removed) {
    var next = from;
    var visitedKeys = 0;
    do {
      var pass = new CompactionPass(epoch, revision, next, removed);
      var page = root.compact(pass);
      root = page == null ? new IndexLeaf(epoch) : withoutNeedlessLevels(page);
      visitedKeys += pass.visitedKeys;
      next = pass.next == null ? null : Bytes.wrap(pass.next);
    } while (next != null && visitedKeys < maxKeys);
    return next;
  }

  private static IndexPage withoutNeedlessLevels(IndexPage page) {
    var top = page;
    while (top instanceof IndexBranch branch) {
      var child = branch.onlyChild();
      if (child == null) {
        break;
      }
      top = child;
    }
    return top;
  }

  /** Throws unless every page is in order; walks the whole index. */
  void invariant() {
    root.invariant(null, null);
  }
}
