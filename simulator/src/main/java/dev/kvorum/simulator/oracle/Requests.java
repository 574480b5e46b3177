package dev.kvorum.simulator.oracle;

import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Command.TxnOp;
import java.util.function.Predicate;

/** What kind of request a command is: which way it takes, and what its answer promises. */
final class Requests {
  private Requests() {}

  /** Whether it is answered without the log (contract S2.8, S6.7). */
  static boolean isRead(Command command) {
    return switch (command) {
      case Command.Range _ -> true;
      case Command.Txn txn -> all(txn, Command.Range.class::isInstance);
      case Command.Put _,
          Command.DeleteRange _,
          Command.Compact _,
          Command.Alarm _,
          Command.PublishMember _,
          Command.SetClusterVersion _,
          Command.LeaseGrant _,
          Command.LeaseRevoke _,
          Command.LeaseExpire _,
          Command.LeaseCheckpoint _ ->
          false;
    };
  }

  /** Whether a read may be answered from a state of the past; so may a txn without operations. */
  static boolean isSerializable(Command read) {
    return switch (read) {
      case Command.Range range -> range.serializable();
      case Command.Txn txn ->
          all(txn, op -> op instanceof Command.Range range && range.serializable());
      case Command.Put _,
          Command.DeleteRange _,
          Command.Compact _,
          Command.Alarm _,
          Command.PublishMember _,
          Command.SetClusterVersion _,
          Command.LeaseGrant _,
          Command.LeaseRevoke _,
          Command.LeaseExpire _,
          Command.LeaseCheckpoint _ ->
          false;
    };
  }

  private static boolean all(Command.Txn txn, Predicate<TxnOp> predicate) {
    return txn.success().stream().allMatch(predicate) && txn.failure().stream().allMatch(predicate);
  }
}
