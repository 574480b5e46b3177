package dev.kvorum.foreign.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.kvorum.api.etcdserverpb.AlarmMember;
import dev.kvorum.api.etcdserverpb.AlarmRequest;
import dev.kvorum.api.etcdserverpb.AlarmResponse;
import dev.kvorum.api.etcdserverpb.AlarmType;
import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.api.etcdserverpb.StatusRequest;
import dev.kvorum.loadtest.crash.CrashVerifier;
import dev.kvorum.loadtest.crash.CrashWriter;
import dev.kvorum.loadtest.crash.WriteLedger;
import dev.kvorum.loadtest.server.Product;
import dev.kvorum.loadtest.server.Programs;
import dev.kvorum.loadtest.server.ServerPlan;
import dev.kvorum.loadtest.server.ServerProcess;
import dev.kvorum.loadtest.wire.GrpcClient;
import dev.kvorum.loadtest.wire.GrpcStatusException;
import dev.kvorum.loadtest.wire.Methods;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A node on a file system that is full to the last byte. Nothing that was acknowledged is lost, the
 * process stays, reads go on, and writes come back with the space.
 */
class FullDiskIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final long SEED = Long.getLong("kvorum.fullDisk.seed", 20_261_121L);
  private static final String NO_SPACE = "etcdserver: mvcc: database space exceeded";

  private final Vertx vertx = Vertx.vertx();
  private SmallDisk disk;
  private ServerPlan plan;
  private Path log;

  @SuppressWarnings("NullAway.Init") // every test begins with start()
  private ServerProcess process;

  private int logLengthAtStart;

  @SuppressWarnings("NullAway.Init") // every test begins with start()
  private GrpcClient client;

  @BeforeEach
  void mount() throws Exception {
    disk = SmallDisk.mount(Programs.checkout().resolve("clients/foreign/target/disks"));
    Path launcher =
        Programs.find(Product.KVORUM)
            .orElseThrow(() -> new IllegalStateException("the launcher is not packaged in dist/"));
    plan = ServerPlan.on(Product.KVORUM, launcher, disk.root().resolve("data"), List.of());
    log = Files.createTempFile(disk.root().getParent(), "kvorum", ".log");
  }

  @AfterEach
  void unmount() throws Exception {
    if (client != null) {
      client.close();
    }
    if (process != null) {
      process.close();
    }
    vertx.close().toCompletionStage().toCompletableFuture().join();
    if (disk != null) {
      disk.close();
      Files.deleteIfExists(log);
    }
  }

  @Test
  void aFullDiskLosesNothingAndTheNodeGoesOnWhenItHasSpace() throws Exception {
    WriteLedger ledger = new WriteLedger();
    start();
    process.awaitReady(client, PATIENCE);
    assertThat(alarms()).as("a small disk that is nearly empty").isEmpty();
    write(ledger, 300);

    disk.fill();
    await("the alarm is raised before anything fails", () -> alarms().contains("NOSPACE"));
    assertThat(putFailure()).isEqualTo(NO_SPACE);
    verify(ledger);

    // A full disk is no reason not to start, and no start leaves anything behind.
    List<String> before = quarantine();
    for (int start = 0; start < 3; start++) {
      process.killHard();
      start();
      process.awaitReady(client, PATIENCE);
      verify(ledger);
      assertThat(quarantine()).isEqualTo(before);
    }

    writeUntilTheStateStoreWaits(ledger);
    assertThat(process.isAlive()).isTrue();
    verify(ledger);

    process.killHard();
    start();
    await(
        "the node serves, or says what it waits for",
        () -> answers() || logContains("the disk is full"));
    assertThat(process.isAlive()).isTrue();

    disk.empty();
    process.awaitReady(client, PATIENCE);
    verify(ledger);
    disarm();
    await("writes come back", this::canWrite);
    assertThat(process.isAlive()).isTrue();
    assertThat(quarantine()).isEqualTo(before);
  }

  /** The process that was there when the disk filled up must not need a restart. */
  @Test
  void writesComeBackByThemselvesWithoutARestart() throws Exception {
    WriteLedger ledger = new WriteLedger();
    start();
    process.awaitReady(client, PATIENCE);
    write(ledger, 300);
    disk.fill();
    await("the alarm is raised", () -> alarms().contains("NOSPACE"));
    writeUntilTheStateStoreWaits(ledger);

    disk.empty();
    await(
        "the state store catches up",
        () -> logContains("the state store has space again and catches up"));
    disarm();
    await("writes come back", this::canWrite);
    long revision = dbRevision();
    process.killHard();
    start();
    process.awaitReady(client, PATIENCE);
    assertThat(dbRevision()).isEqualTo(revision);
    assertThat(quarantine()).isEmpty();
  }

  /** To rebuild needs space, and each attempt that finds none must leave things as they were. */
  @Test
  void aDamagedStateStoreOnAFullDiskIsRebuiltWhenThereIsSpace() throws Exception {
    WriteLedger ledger = new WriteLedger();
    start();
    process.awaitReady(client, PATIENCE);
    write(ledger, 2_000);
    process.killHard();
    SplittableRandom random = new SplittableRandom(SEED);
    for (StateDamage damage : StateDamage.values()) {
      damage.applyTo(plan.dataDirectory(), random);
      disk.fill();
      for (int start = 0; start < 3; start++) {
        start();
        await(
            "the node serves, or says what it waits for, seed " + SEED + ", " + damage,
            () -> answers() || logContains("the start waits until there is space"));
        assertThat(process.isAlive()).isTrue();
        process.killHard();
        assertThat(quarantine()).hasSizeLessThanOrEqualTo(2);
        // What deleting the old store gave back is taken again.
        disk.fill();
      }
      disk.empty();
      start();
      process.awaitReady(client, PATIENCE);
      verify(ledger);
      process.killHard();
    }
  }

  private void start() throws IOException {
    if (client != null) {
      client.close();
    }
    logLengthAtStart = readLog().length();
    process = ServerProcess.start(plan, log);
    client = new GrpcClient(vertx, plan.clientPort(), 1);
  }

  private void write(WriteLedger ledger, int count) throws InterruptedException {
    try (GrpcClient writing = new GrpcClient(vertx, plan.clientPort(), 1)) {
      CrashWriter writer = CrashWriter.start(writing, ledger, 8);
      writer.awaitAcknowledgements(count, PATIENCE);
      writer.stop();
      writer.awaitStopped(PATIENCE);
    }
  }

  /**
   * The operator insists. The journal goes on in the space that it has reserved, the state store
   * has none. What was given back meanwhile is taken again, or else the journal may be first to
   * wait.
   */
  private void writeUntilTheStateStoreWaits(WriteLedger ledger) throws Exception {
    deactivateAlarms();
    disk.fill();
    writeUntilItFails(ledger);
    await("the state store waits", () -> stateStoreWaits(ledger));
  }

  private void writeUntilItFails(WriteLedger ledger) throws InterruptedException {
    try (GrpcClient writing = new GrpcClient(vertx, plan.clientPort(), 1)) {
      CrashWriter.start(writing, ledger, 64).awaitStopped(Duration.ofMinutes(5));
    }
  }

  /**
   * The ballast that the journal gives back when it meets the end of the disk can be all that the
   * state store needs for what was written until then. Then that is taken too, and more is written.
   */
  private boolean stateStoreWaits(WriteLedger ledger) throws Exception {
    if (!logContains("no space for the state store")) {
      disk.fill();
      if (alarms().contains("NOSPACE")) {
        deactivateAlarms();
        writeUntilItFails(ledger);
      }
    }
    return logContains("no space for the state store");
  }

  private void verify(WriteLedger ledger) throws GrpcStatusException, InterruptedException {
    assertThat(new CrashVerifier(client, ledger, PATIENCE).findings()).isEmpty();
  }

  private boolean answers() throws InterruptedException {
    try {
      dbRevision();
      return true;
    } catch (GrpcStatusException | IllegalStateException notYet) {
      return false;
    }
  }

  private long dbRevision() throws GrpcStatusException, InterruptedException {
    return client
        .await(Methods.STATUS, StatusRequest.getDefaultInstance(), PATIENCE)
        .getHeader()
        .getRevision();
  }

  private String alarms() throws GrpcStatusException, InterruptedException {
    return String.join(
        ", ",
        client.await(Methods.STATUS, StatusRequest.getDefaultInstance(), PATIENCE).getErrorsList());
  }

  private void disarm() throws GrpcStatusException, InterruptedException {
    deactivateAlarms();
    assertThat(alarms()).isEmpty();
  }

  private void deactivateAlarms() throws GrpcStatusException, InterruptedException {
    AlarmResponse active = alarm(AlarmRequest.AlarmAction.GET, 0);
    for (AlarmMember member : active.getAlarmsList()) {
      alarm(AlarmRequest.AlarmAction.DEACTIVATE, member.getMemberID());
    }
  }

  private AlarmResponse alarm(AlarmRequest.AlarmAction action, long memberId)
      throws GrpcStatusException, InterruptedException {
    AlarmRequest request =
        AlarmRequest.newBuilder()
            .setAction(action)
            .setMemberID(memberId)
            .setAlarm(AlarmType.NOSPACE)
            .build();
    return client.await(Methods.ALARM, request, PATIENCE);
  }

  private String putFailure() throws InterruptedException {
    try {
      put();
      return "none";
    } catch (GrpcStatusException failure) {
      return String.valueOf(failure.getMessage());
    }
  }

  private boolean canWrite() throws InterruptedException {
    return putFailure().equals("none");
  }

  private void put() throws GrpcStatusException, InterruptedException {
    PutRequest put =
        PutRequest.newBuilder()
            .setKey(ByteString.copyFromUtf8("after"))
            .setValue(ByteString.copyFromUtf8("x"))
            .build();
    client.await(Methods.PUT, put, PATIENCE);
  }

  private String readLog() throws IOException {
    return Files.readString(log);
  }

  /** Whether the present process has said that; slow calls say much besides. */
  private boolean logContains(String text) throws IOException {
    return readLog().indexOf(text, logLengthAtStart) >= 0;
  }

  private List<String> quarantine() throws IOException {
    Path quarantine = plan.dataDirectory().resolve("quarantine");
    if (!Files.exists(quarantine)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(quarantine)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith("state"))
          .sorted()
          .toList();
    }
  }

  private static void await(String what, Callable<Boolean> condition) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.call()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("not within " + PATIENCE + ": " + what);
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }
}
