package dev.kvorum.loadtest.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/**
 * Hands out free loopback ports below the range that the kernel gives to outgoing connections, so
 * that no client's socket can take a server's port between its restarts.
 */
public final class Ports {
  private static final int FIRST = Integer.getInteger("kvorum.test.firstPort", 13_500);
  private static final int COUNT = 100;

  private static int next;

  private Ports() {}

  /** A port that nothing listens on; the same one is not handed out again for a while. */
  public static synchronized int free() {
    for (int tries = 0; tries < COUNT; tries++) {
      int port = FIRST + next++ % COUNT;
      if (isFree(port)) {
        return port;
      }
    }
    throw new IllegalStateException(
        "no free port in [" + FIRST + ", " + (FIRST + COUNT) + ") on loopback");
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException taken) {
      return false;
    }
  }
}
