package dev.kvorum.foreign.jetcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.foreign.BidiStream;
import dev.kvorum.foreign.Node;
import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.Election;
import io.etcd.jetcd.Lease;
import io.etcd.jetcd.Lock;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.election.CampaignResponse;
import io.etcd.jetcd.election.LeaderKey;
import io.etcd.jetcd.election.LeaderResponse;
import io.etcd.jetcd.election.NoLeaderException;
import io.etcd.jetcd.election.NotLeaderException;
import io.etcd.jetcd.lease.LeaseKeepAliveResponse;
import io.etcd.jetcd.lock.LockResponse;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.LeaseOption;
import io.etcd.jetcd.options.PutOption;
import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.support.CloseableClient;
import io.etcd.jetcd.support.Observers;
import io.etcd.jetcd.watch.WatchEvent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** jetcd's watch, lease, lock and election clients. */
class JetcdCoordinationIT {
  private static final long PATIENCE_SECONDS = 90;
  private static final long LONG_TTL_SECONDS = 600;

  /** Shorter ones may end on a busy machine before this client has made use of them. */
  private static final long SHORT_TTL_SECONDS = 15;

  private Node node;
  private Client client;

  @BeforeEach
  void connect() throws InterruptedException {
    node = Node.kvorum();
    client = Client.builder().endpoints(node.endpoint()).build();
  }

  @AfterEach
  void disconnect() {
    client.close();
    node.close();
  }

  @Test
  void aWatchSeesEveryChangeOfItsPrefixOnceAndInOrder() throws Exception {
    BlockingQueue<WatchEvent> events = new LinkedBlockingQueue<>();
    await(client.getKVClient().put(bytes("w/0"), bytes("before")));
    WatchOption past =
        WatchOption.builder().isPrefix(true).withRevision(2).withPrevKV(true).build();
    try (Watch.Watcher _ =
        client
            .getWatchClient()
            .watch(bytes("w/"), past, response -> events.addAll(response.getEvents()))) {
      for (int count = 1; count <= 100; count++) {
        await(client.getKVClient().put(bytes("w/" + count % 7), bytes("v" + count)));
      }
      await(client.getKVClient().delete(bytes("w/0")));

      List<Long> revisions = new ArrayList<>();
      for (int count = 0; count < 102; count++) {
        revisions.add(next(events).getKeyValue().getModRevision());
      }
      List<Long> expected = new ArrayList<>();
      for (long revision = 2; revision < 104; revision++) {
        expected.add(revision);
      }
      assertThat(revisions).isEqualTo(expected);
    }
  }

  @Test
  void aLeaseIsKeptAliveAndItsEndTakesItsKeys() throws Exception {
    Lease leases = client.getLeaseClient();
    long id = await(leases.grant(SHORT_TTL_SECONDS)).getID();
    await(client.getKVClient().put(bytes("a"), bytes("1"), leased(id)));
    BlockingQueue<LeaseKeepAliveResponse> kept = new LinkedBlockingQueue<>();
    try (CloseableClient _ = leases.keepAlive(id, Observers.observer(kept::add))) {
      // Three renewals, a third of the time apart: longer than the lease lasts by itself.
      for (int count = 0; count < 4; count++) {
        assertThat(next(kept).getTTL()).isEqualTo(SHORT_TTL_SECONDS);
      }
      assertThat(await(leases.timeToLive(id, attachedKeys())).getKeys())
          .containsExactly(bytes("a"));
    }
    await(leases.revoke(id));

    assertThat(await(client.getKVClient().get(bytes("a"))).getCount()).isZero();
    assertThat(await(leases.timeToLive(id, attachedKeys())).getTTL()).isEqualTo(-1);
    assertThatThrownBy(() -> await(leases.revoke(id)))
        .hasMessageContaining("requested lease not found");
  }

  @Test
  void aLeaseThatNobodyRenewsRunsOutAndIsSeenByAWatch() throws Exception {
    BlockingQueue<WatchEvent> events = new LinkedBlockingQueue<>();
    // This call returns before the server has heard of the watch, and a put may overtake it.
    WatchOption fromTheBeginning = WatchOption.builder().withRevision(2).build();
    try (Watch.Watcher _ =
        client
            .getWatchClient()
            .watch(bytes("a"), fromTheBeginning, each -> events.addAll(each.getEvents()))) {
      long id = await(client.getLeaseClient().grant(SHORT_TTL_SECONDS)).getID();
      await(client.getKVClient().put(bytes("a"), bytes("1"), leased(id)));
      assertThat(next(events).getEventType()).isEqualTo(WatchEvent.EventType.PUT);
      assertThat(next(events).getEventType()).isEqualTo(WatchEvent.EventType.DELETE);
    }
  }

  @Test
  void leasesAndTheirKeysSurviveARestart() throws Exception {
    long id = await(client.getLeaseClient().grant(LONG_TTL_SECONDS)).getID();
    await(client.getKVClient().put(bytes("a"), bytes("1"), leased(id)));

    node.process().killHard();
    node.restart();

    assertThat(await(client.getLeaseClient().timeToLive(id, attachedKeys())).getKeys())
        .containsExactly(bytes("a"));
    await(client.getLeaseClient().revoke(id));
    assertThat(await(client.getKVClient().get(bytes("a"))).getCount()).isZero();
  }

  @Test
  void aLockPassesOnWhenItIsReleasedAndWhenItsLeaseEnds() throws Exception {
    Lock locks = client.getLockClient();
    long first = lease();
    long second = lease();
    long third = lease();
    LockResponse held = await(locks.lock(bytes("l"), first));
    assertThat(held.getKey().toString()).isEqualTo("l/" + Long.toHexString(first));
    assertThat(await(locks.lock(bytes("l"), first)).getKey()).isEqualTo(held.getKey());

    CompletableFuture<LockResponse> waiting = locks.lock(bytes("l"), second);
    awaitKeys("l/", 2);
    CompletableFuture<LockResponse> last = locks.lock(bytes("l"), third);
    awaitKeys("l/", 3);
    assertThat(waiting).isNotDone();
    await(locks.unlock(held.getKey()));
    assertThat(await(waiting).getKey().toString()).endsWith(Long.toHexString(second));
    assertThat(last).isNotDone();
    await(client.getLeaseClient().revoke(second));
    assertThat(await(last).getKey().toString()).endsWith(Long.toHexString(third));
  }

  /** Its key is gone when its turn comes: it must not believe that it holds the lock (#11456). */
  @Test
  void aWaiterWhoseLeaseEndsNeverGetsTheLock() throws Exception {
    Lock locks = client.getLockClient();
    LockResponse held = await(locks.lock(bytes("l"), lease()));
    long doomed = lease();
    CompletableFuture<LockResponse> waiting = locks.lock(bytes("l"), doomed);
    awaitKeys("l/", 2);
    await(client.getLeaseClient().revoke(doomed));
    await(locks.unlock(held.getKey()));

    assertThatThrownBy(() -> await(waiting)).hasMessageContaining("mutex: session is expired");
  }

  @Test
  void aLockNeedsALeaseThatExists() {
    assertThatThrownBy(() -> await(client.getLockClient().lock(bytes("l"), 4711)))
        .hasMessageContaining("etcdserver: requested lease not found");
  }

  /** Between a lock's answer and its release nobody else may be told that it has the lock. */
  @Test
  void oneLockHasOneHolderAtATimeAmongManyClients() throws Exception {
    int clients = 50;
    AtomicInteger holders = new AtomicInteger();
    List<Long> tokens = Collections.synchronizedList(new ArrayList<>());
    List<CompletableFuture<Void>> done = new ArrayList<>();
    Lock locks = client.getLockClient();
    for (int number = 0; number < clients; number++) {
      done.add(
          locks
              .lock(bytes("l"), lease())
              .thenCompose(
                  held -> {
                    assertThat(holders.incrementAndGet()).isOne();
                    return client
                        .getKVClient()
                        .get(held.getKey())
                        .thenCompose(
                            get -> {
                              // The fencing token: it grows from holder to holder.
                              tokens.add(get.getKvs().getFirst().getCreateRevision());
                              holders.decrementAndGet();
                              return locks.unlock(held.getKey());
                            });
                  })
              .thenAccept(_ -> {}));
    }
    await(CompletableFuture.allOf(done.toArray(CompletableFuture[]::new)));

    assertThat(tokens).hasSize(clients).isSorted().doesNotHaveDuplicates();
  }

  /** jetcd tells these errors apart by their texts. */
  @Test
  void anElectionGoesFromLeaderToLeaderAndIsObserved() throws Exception {
    Election elections = client.getElectionClient();
    ByteSequence name = bytes("e");
    assertThatThrownBy(() -> await(elections.leader(name))).isInstanceOf(NoLeaderException.class);
    BlockingQueue<LeaderResponse> seen = new LinkedBlockingQueue<>();
    elections.observe(name, listener(seen));

    CampaignResponse first = await(elections.campaign(name, lease(), bytes("one")));
    LeaderKey leader = first.getLeader();
    assertThat(value(next(seen))).isEqualTo("one");
    assertThat(value(await(elections.leader(name)))).isEqualTo("one");
    CompletableFuture<CampaignResponse> second = elections.campaign(name, lease(), bytes("two"));
    awaitKeys("e/", 2);
    await(elections.proclaim(leader, bytes("one again")));
    assertThat(value(next(seen))).isEqualTo("one again");
    assertThat(second).isNotDone();

    await(elections.resign(leader));
    await(second);
    assertThat(value(next(seen))).isEqualTo("two");
    await(elections.resign(leader));
    assertThatThrownBy(() -> await(elections.proclaim(leader, bytes("late"))))
        .isInstanceOf(NotLeaderException.class);
  }

  private static Election.Listener listener(BlockingQueue<LeaderResponse> seen) {
    return new Election.Listener() {
      @Override
      public void onNext(LeaderResponse response) {
        seen.add(response);
      }

      @Override
      public void onError(Throwable error) {}

      @Override
      public void onCompleted() {}
    };
  }

  private static String value(LeaderResponse response) {
    return response.getKv().getValue().toString(StandardCharsets.UTF_8);
  }

  private void awaitKeys(String prefix, int count) throws Exception {
    assertThat(
            BidiStream.await(
                () -> {
                  try {
                    return await(client.getKVClient().get(bytes(prefix), prefixed())).getCount()
                        == count;
                  } catch (Exception failure) {
                    throw new IllegalStateException(failure);
                  }
                }))
        .isTrue();
  }

  private static GetOption prefixed() {
    return GetOption.builder().isPrefix(true).build();
  }

  private long lease() throws Exception {
    return await(client.getLeaseClient().grant(LONG_TTL_SECONDS)).getID();
  }

  private static PutOption leased(long id) {
    return PutOption.builder().withLeaseId(id).build();
  }

  private static LeaseOption attachedKeys() {
    return LeaseOption.builder().withAttachedKeys().build();
  }

  private static <T> T next(BlockingQueue<T> queue) throws InterruptedException {
    T next = queue.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertThat(next).isNotNull();
    return next;
  }

  private static <T> T await(CompletableFuture<T> outcome) throws Exception {
    try {
      return outcome.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException failed) {
      throw failed.getCause() instanceof Exception cause ? cause : failed;
    }
  }

  private static ByteSequence bytes(String text) {
    return ByteSequence.from(text, StandardCharsets.UTF_8);
  }
}
