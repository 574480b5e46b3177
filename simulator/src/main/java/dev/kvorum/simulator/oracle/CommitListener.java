package dev.kvorum.simulator.oracle;

import dev.kvorum.storage.model.Command;

/** Judges what follows from the order of all commands, as watches and leases do. */
public interface CommitListener {
  /**
   * The command is committed; told once, in log order, before any member has applied it.
   *
   * @param index where it stands in the log
   * @param revision the store's revision after it
   */
  void committed(long index, Command command, long revision);
}
