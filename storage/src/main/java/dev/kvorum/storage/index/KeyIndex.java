package dev.kvorum.storage.index;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.Revision;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
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

  /** Hears of a key that a delete takes, and knows the record that will say so. */
  @FunctionalInterface
  public interface DeleteVisitor {
    /**
     * May not look into the index, which is being changed.
     *
     * @param key has the key in {@code [0, keySize)}; it changes after the call
     * @param replacedMain revision of the key's newest record, with {@code replacedSub}
     * @return the size of the delete's record in bytes
     */
    int visit(byte[] key, int keySize, long replacedMain, long replacedSub);
  }

  private final Blocks blocks;
  private final Retired retired = new Retired();
  private final IndexTree tree;
  private final IndexView present;
  private final NewRecord next = new NewRecord();

  /** Views that may still be held, in the order in which they were made. */
  private final Deque<IndexView> views = new ArrayDeque<>();

  private @Nullable IndexView published;
  private @Nullable IndexView publishedBefore;

  /** Deleted keys whose tombstones are still to come. */
  private @Nullable Hidden hidden;

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

  /** Whether the key has a record of the revision, or a newer one, be it a put or a delete. */
  public boolean reaches(Bytes key, Revision revision) {
    return present.reaches(key, revision);
  }

  /** No record has a higher main revision. */
  public long newest() {
    return tree.newest();
  }

  /**
   * Deletes keys of the interval that live at present, the first ones, leaf by leaf: what a leaf
   * needs is done once for all of its keys.
   *
   * @param first the revision of the first delete; the sub revisions of the others follow
   * @param maxKeys how many at most, above 0
   * @param visitor is told of every key that goes, in key order
   * @return where the rest of the interval begins, or null when no key of it lives any more
   */
  public @Nullable Bytes deleteLive(
      KeyRange range, Revision first, int maxKeys, DeleteVisitor visitor) {
    if (range.isEmpty()) {
      return null;
    }
    beginDelete(first);
    var before = tree.live();
    @Nullable Bytes from = range.from();
    do {
      var left = maxKeys - (int) (before - tree.live());
      from = tree.deleteInLeaf(from, range.to(), left, next, visitor);
    } while (from != null && before - tree.live() < maxKeys);
    endDelete(before);
    return from;
  }

  /**
   * Deletes those of the keys that live at present, leaf by leaf.
   *
   * @param keys in ascending order
   * @param first the revision of the first delete; the sub revisions of the others follow
   * @param visitor is told of every key that goes, in key order
   */
  public void deleteLive(List<Bytes> keys, Revision first, DeleteVisitor visitor) {
    beginDelete(first);
    var before = tree.live();
    for (var key = 0; key < keys.size(); ) {
      key = tree.deleteInLeaf(keys, key, next, visitor);
    }
    endDelete(before);
  }

  /**
   * Lets no key of the interval live from now on at the revision and above, until {@link
   * #deleteHidden} has given it a tombstone of that revision.
   *
   * @param range no record is put for a key of it as long as it is hidden
   * @param since the revision of the tombstones, above that of every record of these keys
   */
  public void hide(KeyRange range, long since) {
    hideOnly(new HiddenInterval(range, since));
  }

  /**
   * The same for certain keys.
   *
   * @param keys in ascending order, none twice, and all of them live; not to be changed any more
   */
  public void hide(List<Bytes> keys, long since) {
    hideOnly(new HiddenKeys(keys, 0, since));
  }

  /** Whether the key has no tombstone yet that {@link #hide} promised. */
  public boolean hides(Bytes key) {
    return hidden != null && hidden.hides(key);
  }

  /** The same of some key of the interval; sometimes true if only the interval overlaps. */
  public boolean hidesSomeOf(KeyRange range) {
    return hidden != null && hidden.hidesSomeOf(range);
  }

  /**
   * Deletes hidden keys, the first ones, which are not hidden any more.
   *
   * @param firstSub sub revision of the first of these deletes; the others follow
   * @param maxKeys how many at most, above 0
   * @param visitor is told of every key that goes, in key order
   */
  public void deleteHidden(long firstSub, int maxKeys, DeleteVisitor visitor) {
    var before = InvariantViolation.present(hidden, "keys are hidden");
    var first = new Revision(before.since(), firstSub);
    hideOnly(
        switch (before) {
          case HiddenInterval(var range, var since) -> {
            var rest = deleteLive(range, first, maxKeys, visitor);
            yield rest == null ? null : new HiddenInterval(new KeyRange(rest, range.to()), since);
          }
          case HiddenKeys(var keys, var from, var since) -> {
            var to = Math.min(keys.size(), from + maxKeys);
            deleteLive(keys.subList(from, to), first, visitor);
            yield to == keys.size() ? null : new HiddenKeys(keys, to, since);
          }
        });
  }

  /** Nothing is hidden any more: all hidden keys that lived have their tombstones. */
  public void showAll() {
    hideOnly(null);
  }

  private void hideOnly(@Nullable Hidden nowHidden) {
    hidden = nowHidden;
    changed = true;
    present.follow(tree, hidden);
  }

  private void beginDelete(Revision first) {
    makeTombstone();
    next.main = first.main();
    next.sub = first.sub();
  }

  private void endDelete(long liveBefore) {
    changed |= tree.live() != liveBefore;
    present.follow(tree, hidden);
  }

  private void makeTombstone() {
    next.createRevision = 0;
    next.version = 0;
    next.tombstone = true;
  }

  private void add(Bytes key, Revision revision, int recordSize) {
    make(revision, recordSize);
    tree.add(key, next);
    present.follow(tree, hidden);
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
    var view = new IndexView(tree, hidden, retired.position(), tree.nextEpoch());
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
    present.follow(tree, hidden);
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
