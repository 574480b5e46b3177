package dev.kvorum.simulator.world;

import dev.kvorum.raft.core.Message;
import dev.kvorum.raft.core.TraceRecord;

/** The words of the story for those who read it; made only when somebody does. */
final class Words {
  private Words() {}

  static String of(Message message) {
    var text = String.valueOf(message);
    if (message instanceof Message.Append append) {
      var entries = append.entries();
      text =
          "Append[from=%d, term=%d, previous=%s, entries=%s, commit=%d]"
              .formatted(
                  append.from(),
                  append.term(),
                  append.previous(),
                  entries.isEmpty()
                      ? "none"
                      : entries.getFirst().index() + ".." + entries.getLast().index(),
                  append.commit());
    }
    return text;
  }

  static String of(TraceRecord record) {
    return String.valueOf(record);
  }
}
