package dev.kvorum.storage.journal;

import java.util.List;

/** Whether a member may start with the journal that was found. */
public sealed interface StartDecision {
  /**
   * Open the journal with this part of it. Each note is a line for the log, beside those of the
   * findings (P21).
   */
  record Start(Keep keep, List<String> notes) implements StartDecision {
    public Start {
      notes = List.copyOf(notes);
    }
  }

  /** Do not start, change nothing, and show the operator this. */
  record Refuse(String message) implements StartDecision {}
}
