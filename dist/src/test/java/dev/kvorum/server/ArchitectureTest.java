package dev.kvorum.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import org.junit.jupiter.api.Test;

/** The walls of the house, each with its reason. */
class ArchitectureTest {
  private static final JavaClasses KVORUM =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.kvorum");

  private static final String[] CLOCKS_AND_THREADS = {
    "java.util.concurrent..",
    "java.time..",
    "java.nio.file..",
    "java.nio.channels..",
    "java.net..",
    "org.slf4j..",
    "io.vertx..",
    "io.netty.."
  };

  @Test
  void storageKnowsNeitherRaftNorServers() {
    check(
        noClasses()
            .that()
            .resideInAPackage("dev.kvorum.storage..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "dev.kvorum.raft..",
                "dev.kvorum.verticles..",
                "dev.kvorum.grpc..",
                "dev.kvorum.http..",
                "dev.kvorum.api..",
                "io.vertx..",
                "io.netty..")
            .because(
                "a command arrives with an index and a term, as plain numbers: the store must run"
                    + " in the simulator, and under any log"));
  }

  @Test
  void onlyTheXodusBackendKnowsXodus() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage("dev.kvorum.storage.backend.xodus..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("jetbrains.exodus..")
            .because("the engine can be replaced; what is behind the port stays behind it"));
  }

  @Test
  void raftKnowsBytesAndNoKeys() {
    check(
        noClasses()
            .that()
            .resideInAPackage("dev.kvorum.raft..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "dev.kvorum.storage.index..",
                "dev.kvorum.storage.mvcc..",
                "dev.kvorum.storage.state..",
                "dev.kvorum.storage.membership..",
                "dev.kvorum.storage.backend..",
                "dev.kvorum.verticles..",
                "dev.kvorum.grpc..",
                "dev.kvorum.http..")
            .because("an entry is bytes: what it means is decided behind the commit, not before"));
  }

  @Test
  void machinesAndStagesHaveNoClockThreadDiskOrLogger() {
    check(
        noClasses()
            .that()
            .resideInAnyPackage(
                "dev.kvorum.storage.model..",
                "dev.kvorum.storage.memory..",
                "dev.kvorum.storage.index..",
                "dev.kvorum.storage.mvcc..",
                "dev.kvorum.storage.lease..",
                "dev.kvorum.storage.watch..",
                "dev.kvorum.storage.membership..",
                "dev.kvorum.raft.core..",
                "dev.kvorum.raft.stage..",
                "dev.kvorum.verticles.stage..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(CLOCKS_AND_THREADS)
            .because(
                "the server and the simulator run the same machines, and one seed must give one"
                    + " trace; time, threads and disks belong to verticles"));
  }

  @Test
  void machinesAndStagesReadNoClockAndNoRandomness() {
    check(
        noClasses()
            .that()
            .resideInAnyPackage(
                "dev.kvorum.storage.model..",
                "dev.kvorum.storage.memory..",
                "dev.kvorum.storage.index..",
                "dev.kvorum.storage.mvcc..",
                "dev.kvorum.storage.lease..",
                "dev.kvorum.storage.watch..",
                "dev.kvorum.storage.membership..",
                "dev.kvorum.storage.state..",
                "dev.kvorum.raft.core..",
                "dev.kvorum.raft.stage..",
                "dev.kvorum.verticles.stage..")
            .should()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(Math.class, "random")
            .orShould()
            .dependOnClassesThat()
            .belongToAnyOf(java.util.Random.class, java.util.UUID.class, Thread.class)
            .because("time is an argument, and randomness a seeded generator given at birth"));
  }

  @Test
  void leasesNeverLookAtTheWallClock() {
    check(
        noClasses()
            .that()
            .resideInAnyPackage(
                "dev.kvorum.verticles.lease..", "dev.kvorum.verticles.coordination..")
            .should()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .dependOnClassesThat()
            .belongToAnyOf(
                java.time.Clock.class,
                java.time.Instant.class,
                java.time.LocalDateTime.class,
                java.time.OffsetDateTime.class,
                java.time.ZonedDateTime.class,
                java.util.Date.class)
            .because(
                "the wall clock jumps, and a lease that ends by a jump was taken from a client that"
                    + " renewed it in time; elapsed time does not jump"));
  }

  @Test
  void edgesSpeakToTheServiceAlone() {
    check(
        noClasses()
            .that()
            .resideInAnyPackage("dev.kvorum.grpc..", "dev.kvorum.http..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "dev.kvorum.raft..",
                "dev.kvorum.verticles.store..",
                "dev.kvorum.verticles.stage..",
                "dev.kvorum.verticles.bus..",
                "dev.kvorum.storage.index..",
                "dev.kvorum.storage.mvcc..",
                "dev.kvorum.storage.state..",
                "dev.kvorum.storage.journal..",
                "dev.kvorum.storage.backend..")
            .because("every edge goes through one door, so checks and errors exist once"));
  }

  @Test
  void nobodyImportsTheServer() {
    check(
        classes()
            .that()
            .resideInAPackage("dev.kvorum.server..")
            .should()
            .onlyHaveDependentClassesThat()
            .resideInAPackage("dev.kvorum.server..")
            .because("wiring is the outermost shell"));
  }

  @Test
  void generatedMessagesStayOutOfTheStore() {
    check(
        noClasses()
            .that()
            .resideInAnyPackage(
                "dev.kvorum.storage..", "dev.kvorum.raft..", "dev.kvorum.verticles..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.kvorum.api..", "com.google.protobuf..")
            .because("the hot path reads and writes its few messages itself, without copies"));
  }

  private static void check(ArchRule rule) {
    rule.check(KVORUM);
  }
}
