package dev.kvorum.http;

import java.time.Duration;
import java.util.Set;

/**
 * How plain HTTP is served.
 *
 * @param corsOrigins {@code --cors}: pages of these origins may read our answers; {@code *} stands
 *     for all
 * @param hostWhitelist {@code --host-whitelist}: names that a client may call this server by when
 *     the connection is not encrypted; {@code *} stands for all
 * @param healthTimeout how long the read behind {@code /health} may take
 */
public record HttpSettings(
    Set<String> corsOrigins, Set<String> hostWhitelist, Duration healthTimeout) {
  /** Stands for every origin, or for every host. */
  public static final String ANY = "*";

  public HttpSettings {
    corsOrigins = Set.copyOf(corsOrigins);
    hostWhitelist = Set.copyOf(hostWhitelist);
  }

  /** Every origin and every host. */
  public static HttpSettings open(Duration healthTimeout) {
    return new HttpSettings(Set.of(ANY), Set.of(ANY), healthTimeout);
  }
}
