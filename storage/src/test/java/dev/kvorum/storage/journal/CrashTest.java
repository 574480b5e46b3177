package dev.kvorum.storage.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.journal.disk.CrashPolicy;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.FaultyDisk;
import dev.kvorum.storage.journal.disk.Policies;
import dev.kvorum.storage.journal.vote.Claim;
import dev.kvorum.storage.journal.vote.Vote;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

/**
 * The power is cut after every single disk operation of a long life, and what was not synced is
 * there or not in sixteen ways. Whatever was acknowledged must be there, and everything else either
 * whole or not at all; and the member must be able to go on from there.
 */
final class CrashTest {
  private static final int OPERATIONS = Integer.getInteger("kvorum.crash.operations", 2000);
  private static final long SEED = Long.getLong("kvorum.crash.seed", 20261121);

  /** A life that uses every kind of record, and what its owner was promised so far. */
  private static final class Life {
    final RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);
    final FaultyDisk disk;
    final Node node;

    /** Everything ever appended, by index; later ones replace earlier ones. */
    final Map<Long, List<Entry>> appended = new HashMap<>();

    EntryId acknowledged;
    Vote answered;
    final List<Vote> asked = new ArrayList<>();
    EntryId synced;
    long term = 1;
    long released;
    long marked;

    /** Entries from here on may have been overwritten by appends that are not acknowledged. */
    long safeBelow;

    Life(FaultyDisk disk, boolean fresh) throws Exception {
      this.disk = disk;
      this.node = Node.open(disk, fresh);
      acknowledged = node.journal.lastDurable();
      answered = node.journal.vote();
      asked.add(answered);
      synced = node.journal.stateSynced();
      safeBelow = acknowledged.index() + 1;
    }

    /** One thing that a member does. */
    void act() {
      switch (random.nextInt(12)) {
        case 0 -> {
          term++;
          term = Math.max(term, asked.getLast().term());
          asked.add(new Vote(term, random.nextLong(5), new Claim.Sound()));
          node.journal.saveVote(asked.getLast());
        }
        case 1 -> {
          // What a state store holds was committed, and is never overwritten.
          marked = Math.max(marked, Math.min(acknowledged.index(), safeBelow - 1));
          if (marked >= node.journal.base().index()) {
            var at = new EntryId(node.journal.termAt(marked), marked);
            node.journal.mark(new Mark.StateSynced(at));
          }
        }
        case 2 -> {
          released = Math.max(released, node.journal.stateSynced().index());
          node.journal.mark(new Mark.SnapshotTaken(node.journal.stateSynced()));
          node.journal.release(released);
        }
        case 3 -> {
          var last = node.journal.last().index();
          var from = Math.max(marked + 1, last - 3);
          if (from > node.journal.firstIndex()) {
            term = Math.max(term, node.journal.last().term()) + 1;
            append(from, 1 + random.nextInt(3));
          }
        }
        default -> append(node.journal.last().index() + 1, 1 + random.nextInt(4));
      }
      node.driver.pump();
      collect();
    }

    private void append(long from, int count) {
      term = Math.max(term, node.journal.last().term());
      var entries = new ArrayList<Entry>();
      for (var i = 0; i < count; i++) {
        var size = random.nextInt(20) == 0 ? random.nextInt(3000) : random.nextInt(300);
        var entry = Node.entry(term, from + i, size);
        entries.add(entry);
        appended.computeIfAbsent(from + i, _ -> new ArrayList<>()).add(entry);
      }
      safeBelow = Math.min(safeBelow, from);
      node.journal.append(entries, node.journal.commit());
    }

    /** Lets the disk do one operation. */
    boolean step() {
      var going = disk.step();
      while (node.turn()) {
        going = true;
      }
      collect();
      return going;
    }

    private void collect() {
      for (var outcome : node.outcomes) {
        switch (outcome) {
          case JournalOutcome.Durable(_, var last) -> {
            acknowledged = last;
            safeBelow =
                node.journal.last().equals(node.journal.lastDurable())
                    ? last.index() + 1
                    : Math.min(safeBelow, last.index() + 1);
          }
          case JournalOutcome.VoteDurable(var vote, _) -> answered = vote;
          case JournalOutcome.SpaceLow _,
              JournalOutcome.SpaceMissing _,
              JournalOutcome.SpaceFound _,
              JournalOutcome.Failed _ ->
              throw new AssertionError(outcome);
        }
      }
      node.outcomes.clear();
      synced = node.journal.stateSynced();
    }
  }

  @Test
  void afterAnyCrashWhatWasAcknowledgedIsThereAndNothingIsHalfThere() throws Exception {
    var life = new Life(new FaultyDisk(), true);
    var crashes = new EnumMap<CrashPolicy, Integer>(CrashPolicy.class);
    var torn = 0;
    var shorn = 0;
    for (var operation = 0; operation < OPERATIONS; operation++) {
      life.act();
      var unsynced = life.disk.unsyncedSectors();
      for (var policy : CrashPolicy.values()) {
        // The members of a family take turns, so that a long life sees them all.
        var survival = policy.survival(operation % policy.variants(unsynced), SEED + operation);
        var what = "seed %d, operation %d, %s".formatted(SEED, operation, survival);
        var found = life.disk.crash(survival);
        var scan = JournalScan.read(found, Node.OWNER, false);
        crashes.merge(policy, 1, Integer::sum);
        if (scan.contradiction() != null) {
          throw new AssertionError(what + ": " + scan.contradiction());
        }
        if (scan.isSound()) {
          torn += scan.isTorn() ? 1 : 0;
          check(life, Node.open(found, false), what);
        } else {
          // A disk that writes half a sector cannot be told from rot (P4).
          assertThat(policy).as(what).isEqualTo(CrashPolicy.SHORN);
          shorn++;
          checkShorn(life, found, scan, what);
        }
      }
      life.step();
    }
    System.out.println(
        "%d crashes at %d boundaries, %d with a torn batch, %d with a shorn one, log ends at %s"
            .formatted(
                crashes.values().stream().mapToInt(count -> count).sum(),
                OPERATIONS,
                torn,
                shorn,
                life.acknowledged));
    assertThat(crashes).hasSize(16);
    assertThat(torn).isPositive();
    assertThat(shorn).isPositive();
    assertThat(life.node.journal.statistics().segments()).isPositive();
  }

  /** The end counts as damaged, and everything that was acknowledged lies before it. */
  private static void checkShorn(Life life, FaultyDisk found, JournalScan scan, String what)
      throws Exception {
    var damage = scan.damages().getFirst();
    assertThat(scan.damages()).as(what).hasSize(1);
    assertThat(damage.kind()).as(what).isEqualTo(Damage.Kind.ROT);
    var covered = scan.lastBeforeDamage();
    var refused = LoneVoter.decide(scan, covered, "d") instanceof StartDecision.Refuse;
    assertThat(refused).as(what).isEqualTo(damage.toIndex() > covered.index());
    check(life, Node.open(found, Node.SMALL, false, new Keep.BeforeDamage()), what);
  }

  private static void check(Life life, Node found, String what) throws Exception {
    var journal = found.journal;
    assertThat(life.asked).as(what).contains(journal.vote());
    assertThat(journal.vote().term()).as(what).isGreaterThanOrEqualTo(life.answered.term());
    assertThat(journal.firstIndex()).as(what).isLessThanOrEqualTo(Math.max(1, life.released + 1));
    var entries = found.entries();
    for (var entry : entries) {
      assertThat(life.appended.get(entry.index())).as(what).contains(entry);
    }
    // Acknowledged entries that nothing overwrites are the ones that must be there.
    var from = Math.max(journal.firstIndex(), life.node.journal.firstIndex());
    var durable =
        life.node
            .journal
            .range(from, Math.max(from, life.safeBelow))
            .read(life.disk, Long.MAX_VALUE);
    assertThat(entries).as(what).containsAll(durable);
    assertThat(journal.stateSynced().index())
        .as(what)
        .isGreaterThanOrEqualTo(Math.min(life.synced.index(), life.acknowledged.index()));
    // And life goes on.
    var next = Node.entry(journal.voteAtBoot().term() + 1, journal.last().index() + 1, 40);
    found.append(next);
    found.settle();
    assertThat(journal.lastDurable()).as(what).isEqualTo(new EntryId(next.term(), next.index()));
    var again = JournalScan.read(found.disk, Node.OWNER, false);
    assertThat(again.isSound()).as(what).isTrue();
    assertThat(again.last()).as(what).isEqualTo(new EntryId(next.term(), next.index()));
  }

  @Test
  void aCrashWhileRecoveringFromACrashLosesNothingEither() throws Exception {
    var random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);
    var policies = Policies.all();
    for (var round = 0; round < 60; round++) {
      var life = new Life(new FaultyDisk(), true);
      var length = 20 + random.nextInt(80);
      for (var i = 0; i < length; i++) {
        life.act();
        life.step();
      }
      var found = life.disk.crash(policies.get(random.nextInt(policies.size())));
      for (var limit = 1; limit < 12; limit++) {
        var copy = found.copy();
        var stop = limit;
        copy.failOn(_ -> copy.performed() > stop);
        try {
          Node.open(copy, false);
        } catch (DiskFaultException _) {
          // The power is cut at this point of the recovery.
        }
        var again = copy.crash(policies.get(random.nextInt(policies.size())));
        var what = "seed %d, round %d, limit %d".formatted(SEED, round, limit);
        check(life, Node.open(again, false), what);
      }
    }
  }
}
