package dev.kvorum.simulator.oracle;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.simulator.client.History;
import dev.kvorum.simulator.client.TrafficPlan;
import dev.kvorum.simulator.oracle.SingleCopy.Defect;
import dev.kvorum.simulator.world.WrongException;
import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.backend.memory.MemoryBackend;
import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.MvccStore;
import dev.kvorum.storage.mvcc.Records;
import dev.kvorum.storage.mvcc.Write;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** The same log, applied by the server's store and by the model. */
final class StoreCheckTest {
  private final MvccStore store = new MvccStore(IndexMemory.onHeap());
  private final NaiveModel model = new NaiveModel();
  private final List<Write> writes = new ArrayList<>();

  StoreCheckTest() {
    var records = new HashMap<Revision, Bytes>();
    Records lookup = revision -> Objects.requireNonNull(records.get(revision));
    history()
        .replay(
            new History.Reader() {
              @Override
              public void invoked(int operation) {}

              @Override
              public void completed(int operation) {}

              @Override
              public void committed(int operation, Command command) {
                model.write(command);
                for (var write : store.apply(command, lookup, _ -> false).writes()) {
                  records.put(write.revision(), write.record());
                  writes.add(write);
                }
              }
            });
  }

  private static History history() {
    var plan = SingleCopy.plan(11, 12, 15_000);
    return SingleCopy.history(11, TrafficPlan.draw(plan), Defect.NONE);
  }

  private static MemoryBackend backend(List<Write> written) {
    var backend = new MemoryBackend();
    var batch = new WriteBatch();
    written.forEach(write -> batch.put(Bucket.KEY, write.bucketKey(), write.bucketValue()));
    backend.commit(batch);
    return backend;
  }

  private void check(List<Write> written) {
    try (var backend = backend(written);
        var view = backend.openReadView()) {
      new StoreCheck(model).checkRecords(0, view);
    }
  }

  @Test
  void acceptsWhatTheStoreWrote() {
    assertThatCode(() -> check(writes)).doesNotThrowAnyException();
  }

  @Test
  void hashesEveryRevisionAsTheServerDoes() {
    try (var backend = backend(writes);
        var view = backend.openReadView()) {
      var check = new StoreCheck(model);
      for (var at = Math.max(1, store.compactRevision()); at <= store.revision(); at++) {
        check.checkHash(0, store.view(), view, at);
      }
    }
  }

  @Test
  void findsALostRecord() {
    writes.removeLast();
    assertThatThrownBy(() -> check(writes))
        .isInstanceOf(WrongException.class)
        .hasMessageContaining("has every record");
  }

  @Test
  void findsARecordThatNobodyWrote() {
    var last = writes.getLast();
    writes.add(new Write(new Revision(9_999_999, 0), false, last.record(), last.checksum()));
    assertThatThrownBy(() -> check(writes)).isInstanceOf(RuntimeException.class);
  }

  @Test
  void findsARecordInThePlaceOfAnother() {
    var model2 = new NaiveModel();
    model2.write(put("a", "1"));
    var other = new MvccStore(IndexMemory.onHeap());
    var written = other.apply(put("a", "2"), _ -> Bytes.EMPTY, _ -> false).writes();
    try (var backend = backend(written);
        var view = backend.openReadView()) {
      assertThatThrownBy(() -> new StoreCheck(model2).checkRecords(0, view))
          .isInstanceOf(WrongException.class)
          .hasMessageContaining("the one that was written");
    }
  }

  private static Command put(String key, String value) {
    return new Command.Put(Bytes.utf8(key), Bytes.utf8(value), 0, false, false, false);
  }
}
