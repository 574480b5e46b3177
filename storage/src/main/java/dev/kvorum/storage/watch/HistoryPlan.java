package dev.kvorum.storage.watch;

import dev.kvorum.storage.model.Revision;
import java.util.List;

/** How the chunk of history that {@link WatchEffect.ReadHistory} wants is come by. */
public sealed interface HistoryPlan {
  /** It is known already. */
  record Known(History history) implements HistoryPlan {}

  /**
   * It has to be read from the backend, by {@link HistoryScan}, once the backend shows all of the
   * pinned state.
   *
   * @param toRevision the pinned state's
   */
  record Stored(Revision from, long toRevision) implements HistoryPlan {
    /**
     * What the backend shows, cut to what the pinned state knows.
     *
     * <p>The backend may show more by the time it is read. Of that the pinned state knows neither
     * the revision nor what was before it, so it would name wrong previous values. And what the
     * backend does not show although all of the pinned state is there does not exist: without that
     * the same nothing would be read again and again.
     */
    public History complete(History shown) {
      if (shown.to() < from.main()) {
        return new History(from.main(), toRevision, List.of());
      }
      if (shown.to() <= toRevision) {
        return shown;
      }
      var known =
          shown.events().stream().filter(event -> event.revision().main() <= toRevision).toList();
      return new History(from.main(), toRevision, known);
    }
  }
}
