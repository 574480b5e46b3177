package dev.kvorum.http;

import dev.kvorum.verticles.service.EtcdVersion;

/** {@code /version}: one line of JSON without an end of line. */
final class VersionPage {
  private VersionPage() {}

  /**
   * @param clusterVersion empty before it is decided
   */
  static String body(String clusterVersion) {
    var decided = !clusterVersion.isEmpty();
    return "{\"etcdserver\":\"%s\",\"etcdcluster\":\"%s\",\"storage\":\"%s\"}"
        .formatted(
            EtcdVersion.SERVER,
            decided ? clusterVersion : "not_decided",
            decided ? clusterVersion : "unknown");
  }
}
