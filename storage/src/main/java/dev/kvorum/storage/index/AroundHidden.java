package dev.kvorum.storage.index;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.KeyRange;

/**
 * A walk through an interval that shows the walker only what is not hidden.
 *
 * <p>The pages show the hidden keys in their places, so one look at the next of them tells of each
 * key whether it is one. Where very many follow one another, as when a lease has all keys with a
 * prefix, looking at each would make the reader of a few keys wait: there the walk jumps. Between
 * two hidden keys nothing else lives if the pages count exactly as many keys as are hidden there,
 * and a count takes O(log n).
 */
final class AroundHidden implements IndexView.Walker {
  /** So many hidden keys in a row take as long as a jump. */
  private static final int LONG_RUN = 64;

  private final IndexView view;
  private final HiddenKeys hidden;
  private final KeyRange range;
  private final long revision;
  private final IndexView.Walker walker;

  /** The index of the hidden key that the pages show next. */
  private int next;

  /** Hidden keys since the last one that the walker saw. */
  private int run;

  AroundHidden(
      IndexView view, HiddenKeys hidden, KeyRange range, long revision, IndexView.Walker walker) {
    this.view = view;
    this.hidden = hidden;
    this.range = range;
    this.revision = revision;
    this.walker = walker;
    next = hidden.ceiling(range.from());
  }

  void walk() {
    var rest = range;
    while (!view.walkPages(rest, revision, this) && run == LONG_RUN) {
      run = 0;
      var last = endOfRun();
      next = last + 1;
      rest = range.behind(hidden.keys().get(last));
    }
  }

  @Override
  public boolean visit(LiveKey key) {
    if (next < hidden.keys().size() && key.is(hidden.keys().get(next))) {
      next++;
      run++;
      return run < LONG_RUN;
    }
    run = 0;
    return walker.visit(key);
  }

  /** The last hidden key of the interval before which, from the present one on, nothing lives. */
  private int endOfRun() {
    var from = next - 1;
    var end = hidden.end(range);
    var known = from;
    // How far at most, doubled until it is too far, and then halved.
    var step = LONG_RUN;
    while (known + step < end && isRun(from, known + step)) {
      known += step;
      step *= 2;
    }
    for (; step > 0; step /= 2) {
      if (known + step < end && isRun(from, known + step)) {
        known += step;
      }
    }
    return known;
  }

  private boolean isRun(int from, int to) {
    Bytes first = hidden.keys().get(from);
    Bytes last = hidden.keys().get(to);
    return view.countPages(new KeyRange(first, last), revision) == to - from;
  }
}
