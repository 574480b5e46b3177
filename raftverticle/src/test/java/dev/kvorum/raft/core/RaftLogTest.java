package dev.kvorum.raft.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.model.Bytes;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The log against a plain list of all its entries, under random operations. */
class RaftLogTest {
  @Test
  void answersLikeAPlainListOfItsEntries() {
    for (var seed = 0; seed < 300; seed++) {
      play(seed);
    }
  }

  private static void play(int seed) {
    var random = new RandomNumbers(seed);
    var log = new RaftLog(DurableLog.of(EntryId.ORIGIN, List.of()), 0, 0);
    var model = new ArrayList<Entry>();
    var term = 1L;
    for (var step = 0; step < 300; step++) {
      switch (random.below(8)) {
        case 0, 1, 2 -> {
          if (random.below(5) == 0) {
            term += 1 + random.below(3);
          }
          var entry =
              new Entry(
                  term,
                  model.size() + 1L,
                  Entry.Type.COMMAND,
                  Bytes.wrap(new byte[random.below(50)]));
          log.append(entry);
          model.add(entry);
        }
        case 3 -> {
          var from = log.commit() + 1 + random.below(5);
          if (from <= model.size()) {
            log.truncateFrom(from);
            model.subList((int) from - 1, model.size()).clear();
          }
        }
        case 4 -> {
          log.takeUnpersisted();
          log.durableTo(log.last());
        }
        case 5 -> log.commitTo(log.commit() + random.below((int) (log.last() - log.commit()) + 1));
        case 6 -> {
          var to = Math.min(log.commit(), log.durable());
          if (to > log.handedOut()) {
            log.handedOutTo(to);
            log.appliedTo(to);
          }
        }
        default -> {
          log.evict(random.below(3000));
          if (random.below(4) == 0) {
            log.evictHandedOut();
            assertThat(log.tailFirst()).isGreaterThan(log.handedOut());
          }
          log.compactTo(random.below((int) log.applied() + 1));
        }
      }
      log.invariant();
      compare(seed, log, model, random);
    }
  }

  private static void compare(int seed, RaftLog log, List<Entry> model, RandomNumbers random) {
    assertThat(log.last()).as("seed %d", seed).isEqualTo(model.size());
    for (var index = Math.max(1, log.base().index()); index <= log.last(); index++) {
      assertThat(log.term(index)).isEqualTo(model.get((int) index - 1).term());
    }
    if (log.tailFirst() <= log.last()) {
      assertThat(log.slice(log.tailFirst(), log.last()))
          .isEqualTo(model.subList((int) log.tailFirst() - 1, model.size()));
      var from = log.tailFirst() + random.below((int) (log.last() - log.tailFirst()) + 1);
      var end = log.endWithin(from, log.last(), 100);
      var bytes =
          model.subList((int) from - 1, (int) end).stream()
              .mapToInt(entry -> entry.payload().size())
              .sum();
      assertThat(end == from || bytes <= 100).isTrue();
    }
    var index = log.base().index() + random.below((int) (log.last() - log.base().index()) + 1);
    var term = 1L + random.below(20);
    var expected = index;
    while (expected > log.base().index() && log.term(expected) > term) {
      expected--;
    }
    assertThat(log.lastThatMayMatch(index, term).index()).isEqualTo(expected);
  }
}
