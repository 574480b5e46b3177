package dev.kvorum.verticles.stage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.lease.LeaseRecord;
import dev.kvorum.storage.mvcc.StoreMeta;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What many flushes are as one transaction. */
class FlushBatchTest {
  @Test
  void changesOfSmallBucketsComeInTheOrderOfTheirKeys() {
    var batch = FlushBatch.of(List.of(flush(1, gone(7)), flush(2, gone(3)), flush(3, gone(5))));

    assertThat(batch.batch().changes().subList(0, 3)).containsExactly(gone(3), gone(5), gone(7));
    assertThat(batch.meta().appliedIndex()).isEqualTo(3);
  }

  /** A lease that was granted and revoked is not there afterwards, and the other way round. */
  @Test
  void changesOfOneKeyKeepTheirOrder() {
    var batch =
        FlushBatch.of(
            List.of(
                flush(1, gone(9), granted(8)),
                flush(2, granted(9), gone(8)),
                flush(3, granted(1))));

    assertThat(batch.batch().changes().subList(0, 5))
        .containsExactly(granted(1), granted(8), gone(8), gone(9), granted(9));
  }

  private static Flush flush(long index, WriteBatch.Change... others) {
    return new Flush(
        List.of(), List.of(), List.of(others), new StoreMeta(index, 1, 1, -1, -1, 0, 0, 0, 0));
  }

  private static WriteBatch.Change granted(long id) {
    return new WriteBatch.Change(
        Bucket.LEASE, LeaseRecord.key(id), new LeaseRecord(id, 60, 0, 0).encode());
  }

  private static WriteBatch.Change gone(long id) {
    return new WriteBatch.Change(Bucket.LEASE, LeaseRecord.key(id), null);
  }
}
