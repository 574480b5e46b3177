package dev.kvorum.storage.backend.xodus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.model.Bytes;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the engine keeps of its log. */
final class LogCacheTest {
  private static final int RECORDS = 10_000;
  private static final int VALUE_BYTES = 330;

  @TempDir Path directory;

  /** A leaf's records lie on three pages of the log, all of which a search looks at. */
  @Test
  void pagesThatAreNeighboursAreKeptTogether() {
    var engine =
        Engine.open(
            directory, XodusSettings.SERVER, new LogFiles(directory), UnaryOperator.identity());
    var environment = engine.environment();
    try {
      var bucket = engine.bucket(Bucket.KEY);
      environment.executeInExclusiveTransaction(
          at -> {
            for (var i = 0; i < RECORDS; i++) {
              bucket.put(at, key(i), Bytes.wrap(new byte[VALUE_BYTES]));
            }
          });
      environment.executeInExclusiveTransaction(
          at -> {
            for (var i = 0; i < RECORDS; i++) {
              bucket.delete(at, key(i));
            }
          });
      // Without both neighbours it is 0.95, which is a read for every record.
      assertThat(environment.getLog().getCacheHitRate()).isGreaterThan(0.98f);
    } finally {
      environment.close();
    }
  }

  /** What is left of it in the heap when its pages are old is a list that makes others old. */
  @Test
  void theCacheBeginsAnewWhenTheLogHasGrownByItsSize() {
    var settings = XodusSettings.SERVER;
    var engine =
        Engine.open(directory, settings, new LogFiles(directory), UnaryOperator.identity());
    var log = engine.environment().getLog();
    try {
      var began = log.getHighAddress();
      put(engine, 0, 100);
      engine.rounds().committed();
      assertThat(log.cache.getCachedPage(log, 0)).isNotNull();

      for (var i = 100; log.getHighAddress() - began < settings.cacheBytes(); i += 100) {
        put(engine, i, i + 100);
      }
      engine.rounds().committed();
      assertThat(log.cache.getCachedPage(log, 0)).isNull();
    } finally {
      engine.environment().close();
    }
  }

  /** What is read passes through the same list as what is written. */
  @Test
  void theCacheBeginsAnewWhenAsMuchWasReadAsItHolds() {
    var settings = XodusSettings.SERVER;
    var engine =
        Engine.open(directory, settings, new LogFiles(directory), UnaryOperator.identity());
    var log = engine.environment().getLog();
    try {
      for (var i = 0; log.getHighAddress() < 2L * settings.cacheBytes(); i += 1_000) {
        put(engine, i, i + 1_000);
      }
      log.cache.clear();
      var began = 0;
      var last = 0L;
      for (var at = 0L; at < 2L * settings.cacheBytes(); at += XodusSettings.PAGE_BYTES) {
        log.cache.getPage(log, at);
        began += log.cache.getCachedPage(log, last) == null ? 1 : 0;
        last = at;
      }
      assertThat(began).isBetween(1, 2);
    } finally {
      engine.environment().close();
    }
  }

  private static void put(Engine engine, int from, int to) {
    engine
        .environment()
        .executeInExclusiveTransaction(
            at -> {
              for (var i = from; i < to; i++) {
                engine.bucket(Bucket.KEY).put(at, key(i), Bytes.wrap(new byte[VALUE_BYTES]));
              }
            });
  }

  private static Bytes key(long number) {
    return Bytes.wrap(ByteBuffer.allocate(Long.BYTES).putLong(number).array());
  }
}
