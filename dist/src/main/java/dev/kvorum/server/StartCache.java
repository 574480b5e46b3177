package dev.kvorum.server;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the launcher's cache of a start again when this start went without one, because the JDK or
 * the jars are not those that made it. A process of low priority does it, some seconds after this
 * node is ready; nothing waits for it, and when it fails, nothing is lost.
 */
final class StartCache {
  private static final Logger log = LoggerFactory.getLogger(StartCache.class);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private StartCache() {}

  /** Sees to it that the next start has a cache. */
  static void renewWhenMissing() {
    var home = System.getProperty("kvorum.home");
    if (home != null && isMissing() && Files.isWritable(Path.of(home))) {
      Thread.ofPlatform().name("start-cache").daemon().start(() -> renew(Path.of(home)));
    }
  }

  private static boolean isMissing() {
    return switch (System.getProperty("kvorum.start-cache", "")) {
      case "missing" -> true;
      // The JVM takes a cache that does not fit for none, and says so only here.
      case "given" -> !System.getProperty("java.vm.info", "").contains("sharing");
      default -> false;
    };
  }

  private static void renew(Path home) {
    var command = home.resolve("bin").resolve("kvorum").toString();
    var builder =
        new ProcessBuilder("nice", "-n", "19", command, "start-cache")
            .redirectInput(Redirect.from(Path.of("/dev/null").toFile()))
            .redirectOutput(Redirect.DISCARD)
            .redirectError(Redirect.DISCARD);
    builder.environment().put("KVORUM_JAVA_HOME", System.getProperty("java.home"));
    try {
      Thread.sleep(PATIENCE);
      builder.start();
      log.info("making the cache for the next start in the background");
    } catch (IOException impossible) {
      log.debug("cannot make the cache for the next start", impossible);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
