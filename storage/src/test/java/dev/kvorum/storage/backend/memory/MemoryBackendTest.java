package dev.kvorum.storage.backend.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.backend.Backend;
import dev.kvorum.storage.backend.BackendContractTest;
import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.WriteBatch;
import org.junit.jupiter.api.Test;

final class MemoryBackendTest extends BackendContractTest {
  @Override
  protected Backend open() {
    return new MemoryBackend();
  }

  @Override
  protected Backend reopen(Backend closed) {
    return ((MemoryBackend) closed).afterCrash();
  }

  @Override
  protected Backend openAfterKill(Backend stillOpen) {
    return ((MemoryBackend) stillOpen).afterCrash();
  }

  @Test
  void powerLossBringsTheStateOfTheLastSyncBack() {
    var store = new MemoryBackend();
    store.commit(
        new WriteBatch()
            .put(Bucket.KEY, text("kept"), text("1"))
            .put(Bucket.KEY, text("changed"), text("1")));
    store.sync();
    store.commit(
        new WriteBatch()
            .put(Bucket.KEY, text("changed"), text("2"))
            .delete(Bucket.KEY, text("kept"))
            .put(Bucket.KEY, text("new"), text("2")));

    try (var view = store.afterPowerLoss().openReadView()) {
      assertThat(view.get(Bucket.KEY, text("kept"))).isEqualTo(text("1"));
      assertThat(view.get(Bucket.KEY, text("changed"))).isEqualTo(text("1"));
      assertThat(view.get(Bucket.KEY, text("new"))).isNull();
    }
    try (var view = new MemoryBackend().afterPowerLoss().openReadView()) {
      assertThat(view.get(Bucket.KEY, text("kept"))).isNull();
    }
  }
}
