package dev.kvorum.loadtest.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import org.jspecify.annotations.Nullable;

/**
 * Hands out free loopback ports below the range that the kernel gives to outgoing connections, so
 * that no client's socket can take a server's port between its restarts.
 *
 * <p>Neither can another process that uses this class: each takes a window of ports for itself, by
 * listening on the window's last one for as long as it lives. Otherwise a server that is just being
 * restarted could be taken for the one that somebody else began meanwhile.
 */
public final class Ports {
  private static final int FIRST = Integer.getInteger("kvorum.test.firstPort", 13_500);
  private static final int WINDOW = 100;
  private static final int WINDOWS = 10;

  private static final Window MINE = Window.take();
  private static int next;

  private Ports() {}

  /** The ports {@code [first, first + WINDOW - 1)}, and the guard behind them. */
  @SuppressWarnings("UnusedVariable") // the guard is held, not used
  private record Window(int first, ServerSocket guard) {
    static Window take() {
      for (int first = FIRST; first < FIRST + WINDOWS * WINDOW; first += WINDOW) {
        ServerSocket guard = listen(first + WINDOW - 1);
        if (guard != null) {
          return new Window(first, guard);
        }
      }
      throw new IllegalStateException(
          "other processes hold all ports of [%d, %d) on loopback"
              .formatted(FIRST, FIRST + WINDOWS * WINDOW));
    }
  }

  /** A port that nothing listens on; the same one is not handed out again for a while. */
  public static synchronized int free() {
    for (int tries = 0; tries < WINDOW - 1; tries++) {
      int port = MINE.first + next++ % (WINDOW - 1);
      if (isFree(port)) {
        return port;
      }
    }
    throw new IllegalStateException(
        "no free port in [%d, %d) on loopback".formatted(MINE.first, MINE.first + WINDOW - 1));
  }

  private static boolean isFree(int port) {
    ServerSocket socket = listen(port);
    closeQuietly(socket);
    return socket != null;
  }

  private static @Nullable ServerSocket listen(int port) {
    ServerSocket socket = null;
    try {
      socket = new ServerSocket();
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return socket;
    } catch (IOException taken) {
      closeQuietly(socket);
      return null;
    }
  }

  private static void closeQuietly(@Nullable ServerSocket socket) {
    try {
      if (socket != null) {
        socket.close();
      }
    } catch (IOException ignored) {
      // A socket that cannot be closed is not listened to any more either.
    }
  }
}
