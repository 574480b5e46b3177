package dev.kvorum.storage.backend.xodus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.model.Bytes;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import jetbrains.exodus.env.ReadonlyTransaction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That the contract holds is the backend's test; here, that little is left to the engine. */
final class TreeReaderTest {
  private static final int COMMITS = 200;
  private static final int RECORDS = 100;

  @TempDir Path directory;

  private Engine engine;

  @BeforeEach
  void open() {
    engine =
        Engine.open(
            directory, XodusSettings.SERVER, new LogFiles(directory), UnaryOperator.identity());
  }

  @AfterEach
  void close() {
    engine.environment().close();
  }

  @Test
  void nothingIsFoundInAnEmptyTree() {
    try (var reader = reader()) {
      assertThat(reader.find(key(1, 1))).isNull();
    }
  }

  /** In any order, and behind a commit that changed the tree. */
  @Test
  void itFindsWhatIsInTheFilesAndNothingElse() {
    fill();
    var keys = new ArrayList<>(keys());
    assertThat(found(keys)).isEqualTo(keys.size());
    Collections.shuffle(keys, new Random(1));
    assertThat(found(keys)).isEqualTo(keys.size());

    engine
        .environment()
        .executeInExclusiveTransaction(
            transaction ->
                keys.subList(0, keys.size() / 2)
                    .forEach(key -> engine.bucket(Bucket.KEY).delete(transaction, key)));

    assertThat(found(keys.subList(0, keys.size() / 2))).isZero();
    assertThat(found(keys)).isEqualTo(keys.size() - keys.size() / 2);
  }

  /** A reader shows the tree of its transaction, though others share its pages. */
  @Test
  void itShowsTheTreeOfItsTransaction() {
    fill();
    var keys = keys();
    try (var before = reader()) {
      engine
          .environment()
          .executeInExclusiveTransaction(
              transaction ->
                  keys.forEach(
                      key ->
                          engine.bucket(Bucket.KEY).put(transaction, key, Bytes.utf8("changed"))));
      assertThat(found(keys)).isEqualTo(keys.size());

      for (var key : keys) {
        assertThat(before.find(key)).isEqualTo(whole(value(key)));
      }
      try (var after = reader()) {
        for (var key : keys) {
          assertThat(after.find(key)).isEqualTo(whole(Bytes.utf8("changed")));
        }
      }
    }
  }

  private void fill() {
    for (var main = 1; main <= COMMITS; main++) {
      var commit = main;
      engine
          .environment()
          .executeInExclusiveTransaction(
              transaction -> {
                for (var sub = 0; sub < RECORDS; sub++) {
                  var key = key(commit, sub);
                  engine.bucket(Bucket.KEY).put(transaction, key, value(key));
                }
              });
    }
  }

  private static List<Bytes> keys() {
    var keys = new ArrayList<Bytes>();
    for (var main = 1; main <= COMMITS; main++) {
      for (var sub = 0; sub < RECORDS; sub++) {
        keys.add(key(main, sub));
      }
    }
    return keys;
  }

  private long found(List<Bytes> keys) {
    try (var reader = reader()) {
      return keys.stream().filter(key -> reader.find(key) != null).count();
    }
  }

  /** Its transaction ends with the environment. */
  private TreeReader reader() {
    var transaction = (ReadonlyTransaction) engine.environment().beginReadonlyTransaction();
    return engine.bucket(Bucket.KEY).openReader(transaction, engine.pages());
  }

  private static Bytes key(int main, int sub) {
    return Bytes.wrap(ByteBuffer.allocate(17).putLong(main).put((byte) '_').putLong(sub).array());
  }

  private static Bytes value(Bytes key) {
    return Bytes.utf8("value of ".repeat(20) + key.toHex());
  }

  private static Bytes whole(Bytes value) {
    return Bytes.hex("00" + value.toHex());
  }
}
