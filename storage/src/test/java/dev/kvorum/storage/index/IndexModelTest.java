package dev.kvorum.storage.index;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.index.NaiveIndex.Rec;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.Revision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Does the same with the index and with a naive one, and looks at both in every way. */
final class IndexModelTest {
  /** What keys look like. */
  enum Keys {
    /** A few characters of a small alphabet, the empty key and zero bytes among them. */
    SHORT,
    /** Many that share long beginnings, which change from place to place. */
    NESTED,
    /** Around the size of a head and far beyond it, alike for most of their length. */
    LONG
  }

  private record Held(IndexView view, NaiveIndex then, long main) {}

  private final List<Held> held = new ArrayList<>();
  private final NaiveIndex naive = new NaiveIndex();
  private KeyIndex index = new KeyIndex(IndexMemory.onHeap());
  private Random random = new Random(0);
  private Keys keys = Keys.SHORT;
  private int keySpace;
  private long main = 1;
  private long compacted;

  @ParameterizedTest
  @CsvSource({
    "1, SHORT, 40", "2, SHORT, 3000", "3, SHORT, 5", "4, NESTED, 400", "5, NESTED, 2000",
    "6, LONG, 60", "7, LONG, 600", "8, SHORT, 600", "9, NESTED, 60", "10, LONG, 6",
  })
  void agreesWithASortedMap(long seed, Keys kind, int space) {
    random = new Random(seed);
    keys = kind;
    keySpace = space;
    for (var round = 0; round < 25; round++) {
      // Now and then mostly deletes, so that compactions empty pages and join small ones.
      var deletes = round % 3 == 2 ? 80 : 10;
      for (var i = random.nextInt(400); i >= 0; i--) {
        change(deletes);
        if (random.nextInt(deletes > 50 ? 40 : 150) == 0) {
          deleteMany(seed);
        }
      }
      if (random.nextInt(3) == 0) {
        compact();
      }
      look(index.present(), naive, main, seed);
      keepAView();
      for (var view : held) {
        look(view.view, view.then, view.main, seed);
      }
      index.invariant();
      if (random.nextInt(3) == 0) {
        copyAnOldView(seed);
        goOnWithACopy();
        copyWhileItChanges(seed);
      }
    }
    held.forEach(view -> view.view.release());
    change(0);
    index.publish();
    change(0);
    index.publish();
    index.invariant();
    assertThat(index.usage().retiredBytes())
        .as("only the last view but one keeps something")
        .isLessThan(20 * Blocks.PAGE_BYTES);
    assertThat(index.usage().openViews()).isEqualTo(2);
  }

  /** A copy of a view has what the view shows, whatever was written since. */
  private void copyAnOldView(long seed) {
    if (!held.isEmpty()) {
      var source = held.get(random.nextInt(held.size()));
      var copy = CopiedIndex.of(source.view, sliceBytes());
      copy.invariant();
      look(copy.present(), source.then, source.main, seed);
    }
  }

  /** What a copy does from then on is what the index itself would do. */
  private void goOnWithACopy() {
    var view = index.hold();
    index = CopiedIndex.of(view, sliceBytes());
    view.release();
    index.invariant();
  }

  /** A page, some pages, or all. */
  private int sliceBytes() {
    return 1 << random.nextInt(20);
  }

  /** With the records that it does not have yet it is what the index has become. */
  private void copyWhileItChanges(long seed) {
    var first = main;
    var slices = 1 + random.nextInt(8);
    var copy =
        CopiedIndex.of(
            () -> {
              for (var i = random.nextInt(2_000 / slices); i >= 0; i--) {
                change(random.nextInt(100));
              }
              if (random.nextInt(20) == 0) {
                deleteMany(seed);
              }
              return random.nextBoolean() ? index.hold() : held(index.publish());
            },
            sliceBytes());
    assertThat(copy.newest()).isLessThanOrEqualTo(main);
    copy.invariant();
    for (var later : naive.newerThan(first)) {
      addIfMissing(copy, later.key(), later.rec());
    }
    copy.invariant();
    look(copy.present(), naive, main, seed);
    index = copy;
  }

  /** A hidden key has no tombstone yet; the one that comes counts as what came after the copy. */
  @Test
  void hiddenKeysOfACopyGetTheirTombstonesLater() {
    for (var key = 0; key < 3; key++) {
      index.put(key(key), new Revision(2, key), 2, 1, 300);
    }
    index.hide(List.of(key(1)), 3);
    var copy = CopiedIndex.of(index::hold, sliceBytes());

    assertThat(copy.reaches(key(1), new Revision(3, 0))).isFalse();
    copy.delete(key(1), new Revision(3, 0), 20);

    copy.invariant();
    var all = new KeyRange(Bytes.EMPTY, null);
    assertThat(copy.present().count(all, 2)).isEqualTo(3);
    assertThat(copy.present().count(all, 3)).isEqualTo(2);
  }

  private static void addIfMissing(KeyIndex copy, Bytes key, Rec rec) {
    if (copy.reaches(key, rec.revision())) {
      assertThat(rec.revision().main()).isLessThanOrEqualTo(copy.newest());
    } else if (rec.tombstone()) {
      copy.delete(key, rec.revision(), rec.recordSize());
    } else {
      copy.put(key, rec.revision(), rec.createRevision(), rec.version(), rec.recordSize());
    }
  }

  private static IndexView held(IndexView view) {
    assertThat(view.tryHold()).isTrue();
    return view;
  }

  private void keepAView() {
    var isPublished = random.nextBoolean();
    var view = isPublished ? index.publish() : index.hold();
    if (isPublished) {
      assertThat(view.tryHold()).isTrue();
    }
    held.add(new Held(view, naive.copy(), main));
    while (held.size() > 4 || (random.nextInt(3) == 0 && !held.isEmpty())) {
      held.remove(random.nextInt(held.size())).view.release();
    }
  }

  private void change(int deletesOutOfHundred) {
    var writes = random.nextInt(10) == 0 ? 1 + random.nextInt(4) : 1;
    main += 1 + (random.nextInt(50) == 0 ? random.nextInt(100_000) : 0);
    for (var sub = 0; sub < writes; sub++) {
      // Some keys are changed again and again, and have long histories.
      var number = random.nextInt(4) == 0 ? random.nextInt(3) : random.nextInt(keySpace);
      change(key(number), new Revision(main, sub), random.nextInt(100) < deletesOutOfHundred);
    }
  }

  private void change(Bytes key, Revision revision, boolean delete) {
    var before = naive.newest(key);
    var isLive = before != null && !before.tombstone();
    var size = random.nextInt(3) == 0 ? random.nextInt(1_500_000) : 300;
    if (delete && random.nextBoolean()) {
      var gone = new ArrayList<Gone>();
      index.deleteLive(
          List.of(key),
          revision,
          (found, keySize, replacedMain, replacedSub) -> {
            assertThat(Arrays.copyOf(found, keySize)).isEqualTo(key.toArray());
            gone.add(new Gone(key, new Revision(replacedMain, replacedSub)));
            return size;
          });
      assertThat(gone)
          .isEqualTo(before != null && isLive ? List.of(new Gone(key, before.revision())) : gone);
      assertThat(gone).hasSize(isLive ? 1 : 0);
    } else if (delete && isLive) {
      index.delete(key, revision, size);
    }
    if (delete) {
      if (isLive) {
        naive.add(key, new Rec(revision, 0, 0, size));
      }
      return;
    }
    var create = isLive && before != null ? before.createRevision() : revision.main();
    var version = isLive && before != null ? before.version() + 1 : 1;
    index.put(key, revision, create, version, size);
    naive.add(key, new Rec(revision, create, version, size));
  }

  /** A key that a delete took, and the record that was its newest. */
  private record Gone(Bytes key, Revision replaced) {}

  private static KeyIndex.DeleteVisitor visitor(List<Gone> gone, int recordSize) {
    return (key, keySize, replacedMain, replacedSub) -> {
      gone.add(
          new Gone(
              Bytes.copyOf(Arrays.copyOf(key, keySize)), new Revision(replacedMain, replacedSub)));
      // Sizes that differ from one to the next make cells of different sizes.
      return recordSize + gone.size() % 3;
    };
  }

  /** One revision takes all keys of an interval, or of a list, in parts of any size. */
  private void deleteMany(long seed) {
    main++;
    var recordSize = random.nextInt(3) == 0 ? random.nextInt(1_500_000) : 300;
    var gone = new ArrayList<Gone>();
    var visitor = visitor(gone, recordSize);
    List<IndexEntry> expected;
    if (random.nextBoolean()) {
      var range = random.nextInt(8) == 0 ? new KeyRange(Bytes.EMPTY, null) : range();
      expected = naive.scan(range, main);
      var partKeys = random.nextInt(3) == 0 ? Integer.MAX_VALUE : 1 + random.nextInt(60);
      @Nullable Bytes from = range.from();
      while (from != null) {
        var before = gone.size();
        var rest =
            index.deleteLive(
                new KeyRange(from, range.to()), new Revision(main, before), partKeys, visitor);
        assertThat(gone.size() - before).isLessThanOrEqualTo(partKeys);
        assertThat(rest == null || gone.size() - before == partKeys)
            .as("seed %d: a part ends early only if it is the last", seed)
            .isTrue();
        from = rest;
      }
    } else {
      var keys = new TreeSet<Bytes>();
      for (var i = random.nextInt(80); i >= 0; i--) {
        keys.add(key(random.nextInt(keySpace)));
      }
      expected = new ArrayList<>();
      for (var key : keys) {
        var entry = naive.find(key, main);
        if (entry != null) {
          expected.add(entry);
        }
      }
      index.deleteLive(List.copyOf(keys), new Revision(main, 0), visitor);
    }
    assertThat(gone)
        .as("seed %d", seed)
        .isEqualTo(expected.stream().map(e -> new Gone(e.key(), e.revision())).toList());
    for (var sub = 0; sub < gone.size(); sub++) {
      var size = recordSize + (sub + 1) % 3;
      naive.add(gone.get(sub).key(), new Rec(new Revision(main, sub), 0, 0, size));
    }
  }

  private void compact() {
    compacted = Math.max(compacted, main - random.nextInt(3) * (long) random.nextInt(300));
    var removed = new ArrayList<Rec>();
    @Nullable Bytes from = null;
    do {
      from =
          index.compact(
              compacted,
              from,
              1 + random.nextInt(500),
              (revision, tombstone, size) ->
                  removed.add(new Rec(revision, 0, tombstone ? 0 : 1, size)));
      if (random.nextInt(4) == 0) {
        index.publish();
      }
    } while (from != null);
    var expected = new ArrayList<Rec>();
    for (var rec : naive.compact(compacted)) {
      expected.add(new Rec(rec.revision(), 0, rec.tombstone() ? 0 : 1, rec.recordSize()));
    }
    removed.sort(Comparator.comparing(Rec::revision));
    expected.sort(Comparator.comparing(Rec::revision));
    assertThat(removed).isEqualTo(expected);
  }

  private void look(IndexView view, NaiveIndex expected, long newest, long seed) {
    for (var i = 0; i < 12; i++) {
      // Nobody may look below the compaction that the view knows of.
      var at = random.nextInt(3) == 0 ? newest : Math.max(compacted, newest - random.nextInt(500));
      var range = range();
      var entries = expected.scan(range, at);
      var found = new ArrayList<IndexEntry>();
      var limit = random.nextInt(2) == 0 ? Integer.MAX_VALUE : 1 + random.nextInt(20);
      view.scan(
          range,
          at,
          entry -> {
            found.add(entry);
            return found.size() < limit;
          });
      assertThat(found)
          .as("seed %d, range %s at %d of %d", seed, range, at, newest)
          .isEqualTo(entries.subList(0, Math.min(limit, entries.size())));
      assertThat(view.count(range, at)).as("seed %d", seed).isEqualTo(entries.size());
      var key = key(random.nextInt(keySpace));
      assertThat(view.find(key, at)).as("seed %d", seed).isEqualTo(expected.find(key, at));
    }
  }

  private KeyRange range() {
    var from = random.nextInt(4) == 0 ? Bytes.EMPTY : key(random.nextInt(keySpace));
    var to = random.nextInt(4) == 0 ? null : key(random.nextInt(keySpace));
    return new KeyRange(from, to);
  }

  /** The key of that number; the same number gives the same key. */
  private Bytes key(int number) {
    var own = new Random(31L * number + 7);
    return switch (keys) {
      case SHORT -> {
        var key = new byte[number % 11 == 0 ? 0 : 1 + own.nextInt(8)];
        for (var i = 0; i < key.length; i++) {
          key[i] = (byte) (new int[] {0, 1, 'a', 'b', 127, 128, 255})[own.nextInt(7)];
        }
        yield Bytes.wrap(key);
      }
      case NESTED -> {
        var text = new StringBuilder();
        for (var depth = own.nextInt(5); depth >= 0; depth--) {
          text.append("/")
              .append(Character.toString('a' + own.nextInt(2)).repeat(1 + own.nextInt(40)));
        }
        yield Bytes.utf8(text.append(number % 300).substring(0, Math.min(text.length(), 191)));
      }
      case LONG -> {
        var size =
            switch (own.nextInt(4)) {
              case 0 -> Page.HEAD_BYTES - 2 + own.nextInt(5);
              case 1 -> Page.HEAD_BYTES + own.nextInt(100);
              case 2 -> own.nextInt(5_000);
              default -> 1_200 + own.nextInt(3);
            };
        var key = new byte[size];
        if (size > 0) {
          key[size - 1] = (byte) number;
          key[own.nextInt(size)] = (byte) own.nextInt(3);
        }
        yield Bytes.wrap(key);
      }
    };
  }
}
