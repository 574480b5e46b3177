package dev.kvorum.server;

import org.slf4j.LoggerFactory;

/** Tells systemd that the service has started (contract S25.6). */
final class SystemdNotification {
  private SystemdNotification() {}

  /** Sends {@code READY=1} to the socket that {@code NOTIFY_SOCKET} names; without one, nothing. */
  static void ready() {
    var socket = System.getenv("NOTIFY_SOCKET");
    if (socket == null || socket.isEmpty()) {
      return;
    }
    if (!LibC.sendDatagram(socket, "READY=1")) {
      LoggerFactory.getLogger(SystemdNotification.class)
          .atWarn()
          .addKeyValue("socket", socket)
          .log("failed to notify systemd for readiness");
    }
  }
}
