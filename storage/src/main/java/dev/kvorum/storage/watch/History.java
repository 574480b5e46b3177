package dev.kvorum.storage.watch;

import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.Revision;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything that happened in the revisions {@code [from, to]}, in order. A {@code to} below {@code
 * from} says nothing about any revision.
 *
 * <p>A revision that is too large for one chunk comes in parts: then {@code to} is that revision,
 * and nothing but a part of it is here.
 *
 * @param rest where the part ends and the next one begins; null when all of {@code to} is given
 */
public record History(long from, long to, List<Event> events, @Nullable Revision rest) {
  /** Whole revisions, or the last part of one. */
  public History(long from, long to, List<Event> events) {
    this(from, to, events, null);
  }

  /**
   * The beginning of it, without that event and all after it: whole revisions again, or a part of
   * the first one if that is the event's.
   *
   * @param index of the event, above 0
   */
  History before(int index) {
    var rest = events.get(index).revision();
    var begins = index;
    while (begins > 0 && events.get(begins - 1).revision().main() == rest.main()) {
      begins--;
    }
    return begins == 0
        ? new History(from, rest.main(), events.subList(0, index), rest)
        : new History(from, rest.main() - 1, events.subList(0, begins));
  }
}
