package dev.kvorum.loadtest.wire;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * HTTP/2 connections with very many open calls, all on the thread that calls {@link #poll}: a load
 * generator that shares two cores with the server it loads must cost next to nothing. What a call
 * costs here is what its listener keeps.
 */
public final class StreamLoop implements AutoCloseable {
  private static final int READ_BYTES = 1 << 20;

  /** Hears of everything that happens on a connection, inside of {@link #poll}. */
  public interface Listener {
    /**
     * A message came.
     *
     * @param bytes holds it in {@code [from, from + size)} until the method returns
     */
    void message(StreamConnection connection, int stream, byte[] bytes, int from, int size);

    /** The server ended the call, well or not. */
    void ended(StreamConnection connection, int stream);
  }

  private final Selector selector;
  private final byte[] input = new byte[READ_BYTES];
  private final List<StreamConnection> unsent = new ArrayList<>();

  public StreamLoop() {
    try {
      selector = Selector.open();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** A new connection to a port on loopback. */
  public StreamConnection connect(int port, Listener listener) {
    try {
      SocketChannel channel =
          SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      channel.configureBlocking(false);
      channel.socket().setTcpNoDelay(true);
      SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
      StreamConnection connection = new StreamConnection(this, channel, key, listener);
      key.attach(connection);
      return connection;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  void hasOutput(StreamConnection connection) {
    unsent.add(connection);
  }

  /**
   * Sends what waits and hands out what has come.
   *
   * @param timeoutNanos how long to wait for the first byte; 0 not at all
   */
  public void poll(long timeoutNanos) {
    try {
      flush();
      long millis = timeoutNanos / 1_000_000;
      if (millis > 0) {
        selector.select(this::ready, millis);
      } else {
        selector.selectNow(this::ready);
      }
      flush();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private void ready(SelectionKey key) {
    StreamConnection connection = (StreamConnection) key.attachment();
    try {
      if (key.isWritable()) {
        connection.flush();
      }
      if (key.isReadable()) {
        connection.read(input);
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private void flush() throws IOException {
    for (StreamConnection connection : unsent) {
      connection.flush();
    }
    unsent.clear();
  }

  @Override
  public void close() {
    try {
      for (SelectionKey key : selector.keys()) {
        key.channel().close();
      }
      selector.close();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
