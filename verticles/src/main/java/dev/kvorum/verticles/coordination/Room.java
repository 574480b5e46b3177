package dev.kvorum.verticles.coordination;

/** Whether somebody who is told things takes more of them. */
public interface Room {
  /** Takes everything at once. */
  Room ENDLESS =
      new Room() {
        @Override
        public boolean isWritable() {
          return true;
        }

        @Override
        public void onDrain(Runnable action) {
          action.run();
        }
      };

  boolean isWritable();

  /** Runs the action once {@link #isWritable()} turns true; a later action replaces it. */
  void onDrain(Runnable action);
}
