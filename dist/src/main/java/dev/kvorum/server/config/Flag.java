package dev.kvorum.server.config;

import java.util.Locale;

/**
 * One flag of the server.
 *
 * @param name without dashes
 * @param defaultText the default as a user would write it
 * @param fileKey its key in a configuration file, with dots between nested maps; empty when a file
 *     cannot set it
 * @param status whether giving it changes anything
 */
record Flag(String name, FlagType type, String defaultText, String fileKey, Status status) {
  /** Whether giving the flag changes anything. */
  enum Status {
    IN_EFFECT,
    /** etcd knows it and we do not act on it: said once at start. */
    NOT_YET_IN_EFFECT,
    /** Neither etcd nor we act on it any more. */
    IGNORED
  }

  /** The environment variable that sets it. */
  String variable() {
    return "ETCD_" + name.toUpperCase(Locale.ROOT).replace('-', '_');
  }

  /** Whether it may stand without a value. */
  boolean standsAlone() {
    return type == FlagType.BOOL || status == Status.IGNORED;
  }
}
