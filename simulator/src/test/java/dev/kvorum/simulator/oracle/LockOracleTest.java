package dev.kvorum.simulator.oracle;

import static dev.kvorum.simulator.oracle.Violations.assertWrong;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two wait for the lock: first in revision 2, then in revision 3. */
final class LockOracleTest {
  private static final String QUEUE = "a lock is held by who was first in its queue";
  private static final Bytes LOCK = Bytes.utf8("lock");
  private static final Bytes FIRST = Bytes.utf8("lock/1");
  private static final Bytes SECOND = Bytes.utf8("lock/2");

  private final NaiveModel model = new NaiveModel();
  private final LockOracle locks = new LockOracle(model);

  @BeforeEach
  void twoWait() {
    put(FIRST, "");
    put(SECOND, "");
  }

  private void put(Bytes key, String value) {
    model.write(new Command.Put(key, Bytes.utf8(value), 0, false, false, false));
  }

  private void delete(Bytes key) {
    model.write(new Command.DeleteRange(key, Bytes.EMPTY, false));
  }

  @Test
  void theFirstHoldsItAndThenTheNext() {
    locks.granted(LOCK, FIRST, 2);
    delete(FIRST);
    locks.granted(LOCK, SECOND, 3);
  }

  @Test
  void whoHasSomebodyBeforeItDoesNotHoldIt() {
    assertWrong(() -> locks.granted(LOCK, SECOND, 3), QUEUE);
  }

  @Test
  void whoseKeyWentBeforeItsTurnNeverHeldIt() {
    delete(SECOND);
    delete(FIRST);
    assertWrong(() -> locks.granted(LOCK, SECOND, 3), QUEUE);
  }

  @Test
  void whoseKeyWasNeverThereDoesNotHoldIt() {
    assertWrong(() -> locks.granted(LOCK, Bytes.utf8("lock/3"), 4), QUEUE);
  }

  @Test
  void anOlderTokenIsNotWrittenAfterANewerOne() {
    put(Bytes.utf8("/fence/a"), "3");
    locks.committed();
    put(Bytes.utf8("/fence/a"), "2");
    assertWrong(locks::committed, "a former holder writes nothing that its lock protected");
  }
}
