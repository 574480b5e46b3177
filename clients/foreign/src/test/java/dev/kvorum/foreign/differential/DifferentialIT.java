package dev.kvorum.foreign.differential;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.foreign.Node;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Kvorum beside a real etcd under random operations. {@code docs/testing.md} has the command for a
 * longer run.
 */
class DifferentialIT {
  private static final int OPERATIONS =
      Integer.getInteger("kvorum.differential.operations", 20_000);
  private static final int ROUNDS = Integer.getInteger("kvorum.differential.rounds", 4);

  /** Steps of the runs with watches, which wait for both servers after each. */
  private static final int WATCHED = Integer.getInteger("kvorum.differential.watched", 1_500);

  private static final int WATCHED_ROUNDS =
      Integer.getInteger("kvorum.differential.watchedRounds", 2);
  private static final long SEED = Long.getLong("kvorum.differential.seed", 20_261_121L);

  @Test
  void kvorumAnswersRandomOperationsAsEtcdDoes() throws InterruptedException {
    for (int round = 0; round < ROUNDS; round++) {
      try (Node etcd = Node.etcd();
          Node kvorum = Node.kvorum()) {
        DifferentialRun run =
            new DifferentialRun(SEED + round, Servers.etcd(etcd), Servers.kvorum(kvorum));
        Optional<DifferentialRun.Finding> finding = run.run(Math.ceilDiv(OPERATIONS, ROUNDS));
        System.out.println("differential seed " + (SEED + round) + ": " + run.summary());
        assertThat(finding).isEmpty();
      }
    }
  }

  /** Whatever a step changes, each of the watches brings, from both servers. */
  @Test
  void kvorumWatchesRandomOperationsAsEtcdDoes() throws InterruptedException {
    for (int round = 0; round < WATCHED_ROUNDS; round++) {
      try (Node etcd = Node.etcd();
          Node kvorum = Node.kvorum();
          WatchedServer reference = new WatchedServer(etcd);
          WatchedServer tested = new WatchedServer(kvorum)) {
        DifferentialRun run =
            new DifferentialRun(
                SEED + round,
                Servers.etcd(etcd),
                Servers.kvorum(kvorum),
                new WatchComparison(reference, tested));
        Optional<DifferentialRun.Finding> finding = run.run(Math.ceilDiv(WATCHED, WATCHED_ROUNDS));
        System.out.println("watched differential seed " + (SEED + round) + ": " + run.summary());
        assertThat(finding).isEmpty();
      }
    }
  }

  @Test
  void anEventThatIsLostIsFoundWhereItHappens() throws InterruptedException {
    try (Node left = Node.etcd();
        Node right = Node.etcd();
        WatchedServer reference = new WatchedServer(left);
        WatchedServer wrong =
            new WatchedServer(right, event -> event.getKv().getModRevision() == 30)) {
      DifferentialRun run =
          new DifferentialRun(
              SEED,
              Servers.etcd(left),
              Servers.etcd(right),
              // Two sound servers on a busy machine would agree within this time.
              new WatchComparison(reference, wrong, Duration.ofSeconds(30)));
      assertThat(run.run(400))
          .hasValueSatisfying(finding -> assertThat(finding.what()).contains("instead of [PUT"));
    }
  }

  @Test
  void etcdBesideItselfShowsNoDifference() throws InterruptedException {
    try (Node left = Node.etcd();
        Node right = Node.etcd()) {
      assertThat(new DifferentialRun(SEED, Servers.etcd(left), Servers.etcd(right)).run(2_000))
          .isEmpty();
    }
  }

  @Test
  void aWrongAnswerIsFoundWhereItHappens() throws InterruptedException {
    try (Node left = Node.etcd();
        Node right = Node.etcd()) {
      Servers.WrongCount wrong = new Servers.WrongCount(Servers.etcd(right), 137);
      assertThat(new DifferentialRun(SEED, Servers.etcd(left), wrong).run(2_000))
          .hasValueSatisfying(
              finding -> assertThat(finding.operations()).isEqualTo(wrong.alteredNumber()));
      assertThat(wrong.alteredNumber()).isBetween(137, 200);
    }
  }

  @Test
  void aValueThatIsStoredWrongIsFoundByTheHashesAtTheLatest() throws InterruptedException {
    try (Node left = Node.etcd();
        Node right = Node.etcd()) {
      Answerer wrong = new Servers.WrongValue(Servers.etcd(right), 100);
      assertThat(new DifferentialRun(SEED, Servers.etcd(left), wrong).run(2_000))
          .hasValueSatisfying(finding -> assertThat(finding.operations()).isBetween(100, 500));
    }
  }
}
