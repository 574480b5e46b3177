package dev.kvorum.storage.backend;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The numbers of the buckets stand in snapshot files. */
class BucketTest {
  @Test
  void everyBucketIsFoundByItsNumber() {
    for (var bucket : Bucket.values()) {
      assertThat(Bucket.ofNumber(bucket.number())).isEqualTo(bucket);
    }
  }

  @Test
  void aNumberOfALaterReleaseIsNoBucket() {
    assertThat(Bucket.ofNumber(10)).isNull();
    assertThat(Bucket.ofNumber(255)).isNull();
  }
}
