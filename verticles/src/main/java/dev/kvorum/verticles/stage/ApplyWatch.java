package dev.kvorum.verticles.stage;

import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Result;

/**
 * Is told when the stage turns to a command and when it is done with it, so that somebody who has a
 * clock can say how long it took. Both calls come from inside a step and must return at once.
 */
public interface ApplyWatch {
  /** Nobody watches. */
  ApplyWatch NONE =
      new ApplyWatch() {
        @Override
        public void begins() {}

        @Override
        public void applied(Command command, Result result) {}
      };

  /** The next command of the log has its turn; the records that it reads may have to be fetched. */
  void begins();

  /** The command that began last is applied. */
  void applied(Command command, Result result);
}
