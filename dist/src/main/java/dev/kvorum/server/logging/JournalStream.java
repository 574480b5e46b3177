package dev.kvorum.server.logging;

import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Writes lines to systemd's journal by the socket that also takes the output of services: a header
 * of seven lines, then one entry a line, with its priority in front as {@code <6>}.
 */
final class JournalStream extends OutputStream {
  /** Where the journal listens. */
  static final Path SOCKET = Path.of("/run/systemd/journal/stdout");

  /** Who writes, no unit, priority info, priorities come in the lines, and no copies elsewhere. */
  private static final String HEADER = "kvorum\n\n6\n1\n0\n0\n0\n";

  private static final String JSON_START = "{\"level\":\"";

  private static final int PRIORITY_ERROR = 3;
  private static final int PRIORITY_WARNING = 4;
  private static final int PRIORITY_INFO = 6;
  private static final int PRIORITY_DEBUG = 7;

  private final SocketChannel channel;

  private JournalStream(SocketChannel channel) {
    this.channel = channel;
  }

  static JournalStream open(Path socket) throws IOException {
    var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException missing) {
      channel.close();
      throw new IOException("can't find systemd journal (" + missing.getMessage() + ")", missing);
    }
    var stream = new JournalStream(channel);
    stream.writeAll(HEADER.getBytes(StandardCharsets.UTF_8));
    return stream;
  }

  @Override
  public void write(int octet) throws IOException {
    writeAll(new byte[] {(byte) octet});
  }

  /** Takes one whole line, as the appender gives it. */
  @Override
  public void write(byte[] line, int offset, int length) throws IOException {
    var text = new String(line, offset, length, StandardCharsets.UTF_8);
    writeAll(("<" + priority(text) + ">" + text).getBytes(StandardCharsets.UTF_8));
  }

  private static int priority(String line) {
    return switch (level(line)) {
      case "error", "fatal" -> PRIORITY_ERROR;
      case "warn" -> PRIORITY_WARNING;
      case "debug" -> PRIORITY_DEBUG;
      default -> PRIORITY_INFO;
    };
  }

  /** The level stands first in JSON, and after the first tab in the form for eyes. */
  private static String level(String line) {
    var json = line.startsWith(JSON_START);
    int start = json ? JSON_START.length() : line.indexOf('\t') + 1;
    int end = line.indexOf(json ? '"' : '\t', start);
    return end < 0 ? "" : line.substring(start, end);
  }

  private void writeAll(byte[] bytes) throws IOException {
    var buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
