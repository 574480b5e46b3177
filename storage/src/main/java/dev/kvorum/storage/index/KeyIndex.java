package dev.kvorum.storage.index;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.Revision;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Ordered keys, and for each key the revisions of its records: what lives, since when, and where
 * the contents are. Values and leases are not here.
 *
 * <p>Inside is a B+tree of packed pages of a kibibyte ({@link Page}) in slabs outside of the heap
 * ({@link IndexMemory}). A branch knows of each child the number of live keys below it and the
 * newest revision of any record below it. The first answers {@code count} and jumps over dead
 * regions, the second tells when the first may be used for a past revision. A put makes no garbage
 * for the collector.
 *
 * <p><b>One writer, many readers, no lock.</b> One thread writes. Readers take an {@link
 * IndexView}, which is a root and the number of live keys below it.
 *
 * <ol>
 *   <li>A view is made at the end of an epoch. The writer changes only pages of its present epoch,
 *       which no view can reach, and copies every other page before the first change. So nothing
 *       that a view shows is ever written again. (Blocks of old records are written below the
 *       offset that the view's cells name; see {@link KeyHistory}.)
 *   <li>What the writer wrote before it made the view happens before what a reader reads through
 *       it, because the view is handed over through something volatile, or on one thread.
 *   <li>A page that the writer has copied is <i>retired</i>. Which views may still show it? Those
 *       that were made before it was retired. It is used again once none of these is held any more:
 *       the claims on a view are counted, from 0 the count never rises, and giving a claim back
 *       happens before the writer sees the 0. So whatever a reader has read happens before the page
 *       is written again.
 *   <li>Views are made in order and given up oldest first; one old view that is held keeps all that
 *       was retired since. {@link #usage} tells how old the oldest is.
 * </ol>
 *
 * <p>Somebody who has just fetched the newest published view and not yet claimed it may come too
 * late, when another one is published meanwhile; {@link IndexView#tryHold} tells, and the next
 * fetch brings a newer one. The index itself claims the newest two published views: then the newest
 * that anybody can fetch is always there to be claimed, in the moment between {@link #publish} and
 * the hand-over, too.
 */
public final class KeyIndex {
  /** Hears of a record that a compaction took out of the index. */
  @FunctionalInterface
  public interface RemovedVisitor {
    void visit(Revision revision, boolean tombstone, int recordSize);
  }

  private final Blocks blocks;
  private final Retired retired = new Retired();
  private final IndexTree tree;
  private final IndexView present;
  private final NewRecord next = new NewRecord();

  /** What {@link #deleteLive} replaces. */
  private final RecordCursor replaced = new RecordCursor();

  /** Views that may still be held, in the order in which they were made. */
  private final Deque<IndexView> views = new ArrayDeque<>();

  private @Nullable IndexView published;
  private @Nullable IndexView publishedBefore;

  /** Whether anything changed since the newest view was published. */
  private boolean changed = true;

  public KeyIndex(IndexMemory memory) {
    blocks = new Blocks(memory);
    tree = new IndexTree(blocks, retired);
    present = IndexView.ofWriter(tree);
  }

  /** An index whose pages are there already; see {@link IndexImport}. */
  KeyIndex(Blocks blocks, IndexSummary summary) {
    this.blocks = blocks;
    tree = new IndexTree(blocks, retired, summary);
    present = IndexView.ofWriter(tree);
  }

  /** Notes a put; revisions of one key ascend. */
  public void put(Bytes key, Revision revision, long createRevision, long version, int recordSize) {
    next.createRevision = createRevision;
    next.version = version;
    next.tombstone = false;
    add(key, revision, recordSize);
  }

  /** Notes a delete; revisions of one key ascend. */
  public void delete(Bytes key, Revision revision, int recordSize) {
    makeTombstone();
    add(key, revision, recordSize);
  }

  /**
   * Notes a delete if the key lives at present.
   *
   * @return the newest record before, or null when the key does not live and nothing was noted
   */
  public @Nullable Revision deleteLive(Bytes key, Revision revision, int recordSize) {
    makeTombstone();
    make(revision, recordSize);
    var wasLive = tree.delete(key, next, replaced);
    present.follow(tree);
    return wasLive ? new Revision(replaced.main, replaced.sub) : null;
  }

  private void makeTombstone() {
    next.createRevision = 0;
    next.version = 0;
    next.tombstone = true;
  }

  private void add(Bytes key, Revision revision, int recordSize) {
    make(revision, recordSize);
    tree.add(key, next);
    present.follow(tree);
  }

  private void make(Revision revision, int recordSize) {
    next.main = revision.main();
    next.sub = revision.sub();
    next.recordSize = recordSize;
    changed = true;
  }

  /**
   * The present state, for the writer alone. It follows every change, and one look at it ends
   * before the next change begins.
   */
  public IndexView present() {
    return present;
  }

  /**
   * Freezes the present state for readers on any thread. The view can be claimed until the next but
   * one is published, and after that as long as somebody holds it.
   */
  public IndexView publish() {
    var newest = published;
    if (newest != null && !changed) {
      return newest;
    }
    changed = false;
    var view = freeze();
    if (publishedBefore != null) {
      publishedBefore.release();
    }
    publishedBefore = published;
    published = view;
    reclaim();
    return view;
  }

  /** Freezes the present state for one reader, who has the claim on it and gives it back. */
  public IndexView hold() {
    var newest = published;
    return newest != null && !changed && newest.tryHold() ? newest : freeze();
  }

  private IndexView freeze() {
    var view = new IndexView(tree, retired.position(), tree.nextEpoch());
    views.addLast(view);
    return view;
  }

  /** Frees what nobody can see any more. */
  private void reclaim() {
    while (!views.isEmpty() && !views.getFirst().isHeld()) {
      views.removeFirst();
    }
    retired.free(views.isEmpty() ? retired.position() : views.getFirst().retiredBefore, blocks);
  }

  /**
   * Takes out of at least {@code maxKeys} keys, counted from {@code from}, or of all that are left,
   * the records that a compaction at the revision removes (contract S7.2). At most one page more
   * than asked for is visited.
   *
   * @param from where the slice begins, null for the first
   * @param removed is told of every removed record, key by key, the newest first
   * @return where the next slice begins, or null when all is done
   */
  public @Nullable Bytes compact(
      long revision, @Nullable Bytes from, int maxKeys, RemovedVisitor removed) {
    changed = true;
    var begin = from;
    var visitedKeys = 0;
    do {
      begin = tree.compactLeaf(begin, revision, removed);
      visitedKeys += tree.visitedKeys();
    } while (begin != null && visitedKeys < maxKeys);
    present.follow(tree);
    return begin;
  }

  /** What the index takes at present. */
  public IndexUsage usage() {
    return new IndexUsage(
        blocks.allocatedBytes() + retired.ownBytes(),
        blocks.usedBytes(),
        retired.bytes(),
        views.size(),
        views.isEmpty() ? 0 : views.getFirst().epoch,
        views.isEmpty() ? 0 : views.getLast().epoch);
  }

  /** Throws unless every page is in order and none is lost; walks the whole index. */
  void invariant() {
    reclaim();
    InvariantViolation.check(
        tree.check().bytes() + retired.bytes() == blocks.usedBytes(),
        "every block is in the tree, retired or free");
  }
}
