package dev.kvorum.simulator.oracle;

import dev.kvorum.simulator.world.WatchMessage;
import dev.kvorum.simulator.world.WrongException;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.watch.WatchRequest;
import org.jspecify.annotations.Nullable;

/** One watcher as its client sees it: what it has been shown, and what comes next. */
final class WatchedRange {
  private static final Bytes LOWEST_KEY = Bytes.hex("00");

  private final NaiveModel model;
  private final WatchRequest.Create request;
  private final KeyRange range;
  private final long start;

  /**
   * The place of the next change that it may be shown; everything before was shown or is not its.
   */
  private int next;

  /** What the watch has named last. */
  private long header;

  /** A message came in fragments, and its last one is still to come. */
  private boolean open;

  /** Everything up to here was shown, as the client knows. */
  private long shownTo;

  private boolean ended;

  WatchedRange(NaiveModel model, WatchRequest.Create request, long revision) {
    this.model = model;
    this.request = request;
    range = range(request);
    start = request.startRevision() == 0 ? revision + 1 : request.startRevision();
    next = model.firstChangeFrom(start);
    shownTo = start - 1;
    header = revision;
  }

  static KeyRange range(WatchRequest.Create request) {
    return KeyRange.of(request.key().isEmpty() ? LOWEST_KEY : request.key(), request.rangeEnd());
  }

  boolean hasEnded() {
    return ended;
  }

  /** The next change that the watcher must be shown, or null while there is none. */
  private @Nullable Version due() {
    while (next < model.changeCount()) {
      var change = model.change(next);
      if (isWanted(change)) {
        return change;
      }
      next++;
    }
    return null;
  }

  /** The next change, without those up to a revision that a compaction may have taken. */
  private @Nullable Version passWhatMayBeGone(long revision) {
    var due = due();
    while (due != null && due.main() <= revision && model.isOvertakenInCompactRevision(next)) {
      next++;
      due = due();
    }
    return due;
  }

  private boolean isWanted(Version change) {
    var filtered = change.kv() == null ? request.noDelete() : request.noPut();
    // Nothing was committed at the start revision when the watch began in the future.
    return !filtered && change.main() >= start && range.contains(change.key());
  }

  /** Some changes are shown. */
  void shown(WatchMessage message) {
    if (ended) {
      throw wrong("nothing comes after a cancellation", message);
    }
    for (var change : message.changes()) {
      shown(change, message);
    }
    var last = message.changes().getLast().revision();
    if (message.revision() < last || message.revision() > model.revision()) {
      throw wrong("the header of events is not older than they are, nor from the future", message);
    }
    if (message.revision() < header) {
      throw wrong("the revision that a watch names never goes back", message);
    }
    header = message.revision();
    // What follows a fragment may be of the same revision, and still be shown.
    var due = message.fragment() ? due() : passWhatMayBeGone(last);
    var isCut = due != null && due.main() == last;
    if (message.fragment() ? !request.fragment() : isCut) {
      throw wrong("the changes of a revision come together", message);
    }
    open = message.fragment();
    shownTo = Math.max(shownTo, message.fragment() ? last - 1 : last);
  }

  private void shown(WatchMessage.Change change, WatchMessage message) {
    var due = due();
    var place = next;
    var found = due;
    while (found != null && !isSame(found, change) && model.isOvertakenInCompactRevision(next)) {
      next++;
      found = due();
    }
    if (found == null || !isSame(found, change)) {
      next = place;
      throw wrong(rule(change, due), "%s, due is %s".formatted(message, due));
    }
    next++;
    checkPrevious(found, change, message);
  }

  /** What is wrong about a change that is not the one that is due. */
  private String rule(WatchMessage.Change change, @Nullable Version due) {
    var revision = change.revision();
    if (revision < start) {
      return "a watch shows nothing from before its start";
    }
    if (revision > model.revision()) {
      return "a watch shows only what is committed";
    }
    for (var place = model.firstChangeFrom(revision); place < model.changeCount(); place++) {
      if (isSame(model.change(place), change)) {
        return place < next
            ? "a watch shows each change once"
            : due == null
                ? "a watch shows what its client asked for"
                : "a watch leaves nothing out";
      }
    }
    return "a watch shows what has happened";
  }

  private static boolean isSame(Version version, WatchMessage.Change change) {
    return change.deleted() == (version.kv() == null)
        && change
            .kv()
            .equals(
                version.kv() == null
                    ? KeyValueCodec.deleted(version.key(), version.main())
                    : version.record());
  }

  /** Contract S9.11. */
  private void checkPrevious(Version due, WatchMessage.Change change, WatchMessage message) {
    var creates = due.kv() != null && due.kv().createRevision() == due.main();
    var before = creates || !request.prevKv() ? null : model.find(due.key(), due.main() - 1);
    var expected = before == null ? Bytes.EMPTY : before.record();
    var mayBeGone = due.main() - 1 < model.compactRevision();
    if (!change.previous().equals(expected) && !(mayBeGone && change.previous().isEmpty())) {
      throw wrong("the previous value is the one from before the revision", message);
    }
  }

  /** Everything up to the revision was shown, the member says. */
  void progressed(long revision, WatchMessage message) {
    var due = passWhatMayBeGone(revision);
    if (due != null && due.main() <= revision) {
      throw wrong("progress is never ahead of events", "%s, due is %s".formatted(message, due));
    }
    if (ended || request.startRevision() > revision || open) {
      throw wrong("progress is told only of what is complete", message);
    }
    if (revision > model.revision()) {
      throw wrong("progress is not from the future", message);
    }
    shownTo = Math.max(shownTo, revision);
  }

  /** Whether fragments of a message came, and its last one is still to come. */
  boolean isOpen() {
    return open;
  }

  /** The last fragment came and has no event: a compaction took what it would have had. */
  void completed() {
    open = false;
  }

  boolean wantsProgress() {
    return request.progressNotify();
  }

  /** A compaction took what the watcher needs, the member says (contract S9.6). */
  void overtaken(WatchMessage message) {
    var compacted = message.compactRevision();
    if (ended
        || compacted > model.compactRevision()
        || compacted <= shownTo + 1
        || message.revision() != 0
        || !message.cancelReason().isEmpty()) {
      throw wrong("a watch is cancelled only for what a compaction took from it", message);
    }
    ended = true;
  }

  private WrongException wrong(String rule, Object evidence) {
    return new WrongException(
        rule,
        "%s; watcher of %s from %d, shown to %d; store at %d, compacted at %d"
            .formatted(
                evidence, request, start, shownTo, model.revision(), model.compactRevision()));
  }
}
