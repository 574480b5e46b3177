package dev.kvorum.simulator.oracle;

import dev.kvorum.simulator.client.History;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.Result;
import java.util.ArrayList;
import java.util.List;

/** A history as a list that can be changed, and made into a history again. */
final class Story {
  /** What happened at one place. */
  sealed interface Line {
    int operation();

    record Invoked(int operation, Command command) implements Line {}

    record Completed(int operation, Result result) implements Line {}

    record Committed(int operation, Command command) implements Line {}
  }

  private final List<Line> lines = new ArrayList<>();

  static Story of(History history) {
    var story = new Story();
    history.replay(
        new History.Reader() {
          @Override
          public void invoked(int operation) {
            story.lines.add(new Line.Invoked(operation, history.command(operation)));
          }

          @Override
          public void completed(int operation) {
            var result = InvariantViolation.present(history.result(operation), "an answer");
            story.lines.add(new Line.Completed(operation, result));
          }

          @Override
          public void committed(int operation, Command command) {
            story.lines.add(new Line.Committed(operation, command));
          }
        });
    return story;
  }

  List<Line> lines() {
    return lines;
  }

  Story copy() {
    var copy = new Story();
    copy.lines.addAll(lines);
    return copy;
  }

  History toHistory() {
    var history = new History();
    for (var line : lines) {
      switch (line) {
        case Line.Invoked(_, Command command) -> history.invoke(0, command, 0);
        case Line.Completed(int operation, Result result) -> history.complete(operation, result, 0);
        case Line.Committed(int operation, Command command) -> history.commit(operation, command);
      }
    }
    return history;
  }
}
