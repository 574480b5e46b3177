package dev.kvorum.simulator;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import dev.kvorum.storage.journal.JournalDriver;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * One seed gives one trace, on every machine: so nothing that a run does may depend on a clock, a
 * thread, a random source of the JVM, or the order of a hash table. The rules are for the machines
 * that the server runs as well, and the remedy is in each.
 */
class HygieneTest {
  private static final JavaClasses KVORUM =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .withImportOption(location -> !location.contains("/test/"))
          .importPackages("dev.kvorum");

  /** Everything that happens inside of a run. */
  private static final String[] DETERMINISTIC = {
    "dev.kvorum.storage.model..",
    "dev.kvorum.storage.mvcc..",
    "dev.kvorum.storage.lease..",
    "dev.kvorum.storage.watch..",
    "dev.kvorum.storage.membership..",
    "dev.kvorum.storage.lease..",
    "dev.kvorum.storage.watch..",
    "dev.kvorum.storage.journal",
    "dev.kvorum.storage.journal.vote..",
    "dev.kvorum.storage.journal.snapshot..",
    "dev.kvorum.storage.state..",
    "dev.kvorum.raft.core..",
    "dev.kvorum.raft.stage..",
    "dev.kvorum.verticles.stage..",
    "dev.kvorum.simulator.engine..",
    "dev.kvorum.simulator.plan..",
    "dev.kvorum.simulator.world..",
    "dev.kvorum.simulator.client..",
    "dev.kvorum.simulator.oracle..",
    "dev.kvorum.simulator.shrink.."
  };

  private static final List<String> ITERATING =
      List.of(
          "entrySet",
          "keySet",
          "values",
          "forEach",
          "iterator",
          "stream",
          "removeIf",
          "toArray",
          "replaceAll");

  @Test
  void nothingInARunHasAThreadOrAClock() {
    check(
        noClasses()
            .that()
            .resideInAnyPackage(DETERMINISTIC)
            .and()
            // It stands around the machine, and is handed the loop that calls it.
            .doNotBelongToAnyOf(JournalDriver.class)
            .should()
            .dependOnClassesThat()
            .belongToAnyOf(
                Thread.class,
                java.util.Random.class,
                java.security.SecureRandom.class,
                java.util.UUID.class)
            .orShould()
            .dependOnClassesThat()
            .resideInAnyPackage("java.util.concurrent..", "java.time..", "java.lang.ref..")
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(System.class, "identityHashCode", Object.class)
            .orShould()
            .callMethod(Math.class, "random")
            .because(
                "time is the scheduler's, chance the seed's: take an argument, or fork SimRandom"));
  }

  @Test
  void nothingInARunIteratesAHashTable() {
    var iterates =
        new DescribedPredicate<JavaAccess<?>>("iteration over a hash table") {
          @Override
          public boolean test(JavaAccess<?> access) {
            var owner = access.getTargetOwner();
            var hashed =
                owner.isEquivalentTo(HashMap.class)
                    || owner.isEquivalentTo(HashSet.class)
                    || owner.isEquivalentTo(IdentityHashMap.class);
            return hashed && ITERATING.contains(access.getTarget().getName());
          }
        };
    check(
        noClasses()
            .that()
            .resideInAnyPackage(DETERMINISTIC)
            .should()
            .accessTargetWhere(iterates)
            .because("its order is an accident: use a TreeMap, a LinkedHashMap or a list"));
  }

  @Test
  void nothingInARunUsesSaltedCollections() {
    check(
        noClasses()
            .that()
            .resideInAnyPackage(DETERMINISTIC)
            .should()
            .callMethodWhere(
                new DescribedPredicate<>("Set.of or Map.of") {
                  @Override
                  public boolean test(com.tngtech.archunit.core.domain.JavaMethodCall call) {
                    var owner = call.getTargetOwner();
                    var salted = owner.isEquivalentTo(Set.class) || owner.isEquivalentTo(Map.class);
                    return salted
                        && (call.getName().equals("of") || call.getName().equals("copyOf"));
                  }
                })
            .because("their order changes with every start of the JVM: use a List or a TreeMap"));
  }

  @Test
  void theServerKnowsNothingOfTheSimulator() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage("dev.kvorum.simulator..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.kvorum.simulator..")
            .because("what is shipped has no switch for tests, and no code that is only theirs"));
  }

  @Test
  void theSimulatorStandsOnMachinesAndStagesOnly() {
    check(
        noClasses()
            .that()
            .resideInAPackage("dev.kvorum.simulator..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "io.vertx..",
                "io.netty..",
                "dev.kvorum.raft.verticle..",
                "dev.kvorum.verticles.store..",
                "dev.kvorum.verticles.service..",
                "dev.kvorum.verticles.bus..",
                "dev.kvorum.server..")
            .because("a rule that hides in a verticle is one that no seed can reach"));
  }

  private static void check(ArchRule rule) {
    rule.check(KVORUM);
  }
}
