package dev.kvorum.storage.mvcc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import org.junit.jupiter.api.Test;

/** Contract S18.1 to S18.3; the recorded hashes are replayed in {@link GoldenReplayTest}. */
final class HashKvTest {
  private final StoreHarness store = new StoreHarness();
  private final NaiveStore naive = new NaiveStore(_ -> false);

  private void put(String key) {
    run(new Command.Put(Bytes.utf8(key), Bytes.utf8("v"), 0, false, false, false));
  }

  private void delete(String key) {
    run(new Command.DeleteRange(Bytes.utf8(key), Bytes.EMPTY, false));
  }

  private void compact(long revision) {
    run(new Command.Compact(revision, false));
  }

  private void run(Command command) {
    store.apply(command);
    naive.run(command);
  }

  @Test
  void keptRecordsAreTheOnesOfTheRequestedRevisionNotOfTheCompaction() {
    put("a");
    put("b");
    compact(3);
    store.finishCompactions();
    put("a");
    // The compaction keeps the first record of a; the hash at 4 leaves it out.
    assertThat(store.hashKv(0)).isEqualTo(naive.hash(0));
    var other = new StoreHarness();
    assertThat(store.hashKv(0).hash()).isNotEqualTo(other.hashKv(0).hash());
  }

  @Test
  void hashOfACompactionIsKeptWithTheCompactionBeforeIt() {
    put("a");
    put("a");
    compact(2);
    store.finishCompactions();
    put("a");
    compact(4);
    store.finishCompactions();
    assertThat(store.hashKv(4)).isEqualTo(naive.compactionHash(4));
    assertThat(store.hashKv(4).compactRevision()).isEqualTo(2);
    assertThat(store.hashKv(2).compactRevision()).isEqualTo(-1);
    assertThat(store.hashKv(0).compactRevision()).isEqualTo(4);
  }

  @Test
  void hashesOfTheLastTenCompactionsAreKept() {
    put("a");
    for (var revision = 2; revision <= 13; revision++) {
      compact(revision);
      store.finishCompactions();
      put("a");
    }
    var view = store.store().view();
    assertThat(view.compactionHash(3)).isNull();
    for (var revision = 4; revision <= 13; revision++) {
      assertThat(view.compactionHash(revision)).isEqualTo(naive.compactionHash(revision));
    }
  }

  @Test
  void hashDoesNotTellHowFarACompactionGot() {
    for (var i = 0; i < 300; i++) {
      put("k" + i);
      put("k" + i);
    }
    compact(500);
    store.hashCompaction();
    var before = store.hashKv(0);
    while (store.store().compaction() != null) {
      store.stepCompaction(40);
      assertThat(store.hashKv(0)).isEqualTo(before).isEqualTo(naive.hash(0));
    }
  }

  @Test
  void storeWithoutLiveKeysHashesWhatTheCompactionKept() {
    put("a");
    put("b");
    put("a");
    compact(3);
    store.hashCompaction();
    delete("a");
    delete("b");
    // Nothing lives at the present revision, so etcd hashes every record that it still finds.
    var unfinished = store.hashKv(0);
    assertThat(unfinished).isEqualTo(naive.hash(0));
    store.finishCompactions();
    assertThat(store.hashKv(0)).isEqualTo(unfinished);
  }

  @Test
  void tombstoneOfTheCompactedRevisionStaysAndIsNotHashed() {
    put("a");
    put("b");
    delete("a");
    compact(4);
    store.finishCompactions();
    assertThat(store.bucketKeys()).hasSize(2);
    assertThat(store.hashKv(0)).isEqualTo(naive.hash(0));
  }
}
