package dev.kvorum.loadtest.wire;

import com.google.protobuf.ByteString;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * One HTTP/2 connection of a {@link StreamLoop}: frames in, frames out, and no more of the protocol
 * than a load needs. Header fields of answers are not read, so a status is not known here; whoever
 * must know whether the work was done looks at its effects. Streams get all the credit there is,
 * the connection's is renewed.
 */
public final class StreamConnection {
  private static final int FRAME_HEAD_BYTES = 9;
  private static final int PREFIX_BYTES = 5;

  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int PING = 6;
  private static final int GOAWAY = 7;
  private static final int WINDOW_UPDATE = 8;

  private static final int END_STREAM = 1;
  private static final int ACK = 1;
  private static final int END_HEADERS = 4;

  private static final int INITIAL_WINDOW_SETTING = 4;
  private static final int FIRST_WINDOW_BYTES = 65_535;
  private static final int RENEW_BYTES = 1 << 28;
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  /** A message of which the beginning is here. */
  private static final class Cut {
    private byte[] bytes = {};
    private int size;

    private void add(byte[] from, int at, int count) {
      if (bytes.length < size + count) {
        bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, size + count));
      }
      System.arraycopy(from, at, bytes, size, count);
      size += count;
    }
  }

  private record Waiting(int stream, ByteString message, boolean last) {}

  private final StreamLoop loop;
  private final SocketChannel channel;
  private final StreamLoop.Listener listener;
  private final SelectionKey key;

  private ByteBuffer output = ByteBuffer.allocate(4096);
  private boolean waitsForFlush;
  private byte[] cutFrame = {};
  private final Map<Integer, Cut> cutMessages = new HashMap<>();
  private int nextStream = 1;
  private long credit = FIRST_WINDOW_BYTES;
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private long received;

  StreamConnection(
      StreamLoop loop, SocketChannel channel, SelectionKey key, StreamLoop.Listener listener) {
    this.loop = loop;
    this.key = key;
    this.channel = channel;
    this.listener = listener;
    room(PREFACE.length).put(PREFACE);
    frame(6, SETTINGS, 0, 0).putShort((short) INITIAL_WINDOW_SETTING).putInt(Integer.MAX_VALUE);
    frame(4, WINDOW_UPDATE, 0, 0).putInt(Integer.MAX_VALUE - FIRST_WINDOW_BYTES);
  }

  /**
   * Opens a call and sends its first message.
   *
   * @param method service and method, as in {@code etcdserverpb.KV/Put}
   * @param last whether no further message follows
   * @return the stream's number: 1, 3, 5 and so on
   */
  public int open(String method, ByteString message, boolean last) {
    int stream = nextStream;
    nextStream += 2;
    byte[] path = ("/" + method).getBytes(StandardCharsets.US_ASCII);
    byte[] contentType = "application/grpc".getBytes(StandardCharsets.US_ASCII);
    byte[] host = "127.0.0.1".getBytes(StandardCharsets.US_ASCII);
    // POST and http by their numbers in HPACK's table, the others as literals that nobody indexes.
    int size = 2 + 2 + path.length + 2 + host.length + 3 + contentType.length + 13;
    frame(size, HEADERS, END_HEADERS, stream)
        .put((byte) 0x83)
        .put((byte) 0x86)
        .put((byte) 0x04)
        .put((byte) path.length)
        .put(path)
        .put((byte) 0x01)
        .put((byte) host.length)
        .put(host)
        .put((byte) 0x0f)
        .put((byte) 0x10)
        .put((byte) contentType.length)
        .put(contentType)
        .put(new byte[] {0, 2, 't', 'e', 8, 't', 'r', 'a', 'i', 'l', 'e', 'r', 's'});
    send(stream, message, last);
    return stream;
  }

  /** Sends a further message, of at most some thousand bytes. */
  public void send(int stream, ByteString message, boolean last) {
    if (waiting.isEmpty() && message.size() + PREFIX_BYTES <= credit) {
      write(stream, message, last);
    } else {
      waiting.addLast(new Waiting(stream, message, last));
    }
  }

  private void write(int stream, ByteString message, boolean last) {
    credit -= message.size() + PREFIX_BYTES;
    ByteBuffer to = frame(PREFIX_BYTES + message.size(), DATA, last ? END_STREAM : 0, stream);
    to.put((byte) 0).putInt(message.size());
    message.copyTo(to);
  }

  private ByteBuffer frame(int size, int type, int flags, int stream) {
    return room(FRAME_HEAD_BYTES + size)
        .putShort((short) (size >>> 8))
        .put((byte) size)
        .put((byte) type)
        .put((byte) flags)
        .putInt(stream);
  }

  private ByteBuffer room(int bytes) {
    if (!waitsForFlush) {
      waitsForFlush = true;
      loop.hasOutput(this);
    }
    if (output.remaining() < bytes) {
      ByteBuffer larger = ByteBuffer.allocate(2 * (output.position() + bytes));
      output = larger.put(output.flip());
    }
    return output;
  }

  void flush() throws IOException {
    waitsForFlush = false;
    output.flip();
    channel.write(output);
    output.compact();
    key.interestOps(
        output.position() == 0
            ? SelectionKey.OP_READ
            : SelectionKey.OP_READ | SelectionKey.OP_WRITE);
  }

  void read(ByteBuffer shared) throws IOException {
    shared.clear().put(cutFrame);
    int count = channel.read(shared);
    if (count < 0) {
      throw new EOFException("the server closed a connection");
    }
    byte[] bytes = shared.array();
    int end = shared.position();
    int at = 0;
    while (end - at >= FRAME_HEAD_BYTES) {
      int size = shared.getShort(at) << 8 & 0xff_ff00 | bytes[at + 2] & 0xff;
      int next = at + FRAME_HEAD_BYTES + size;
      if (next > end) {
        break;
      }
      frame(
          bytes, at + FRAME_HEAD_BYTES, size, bytes[at + 3], bytes[at + 4], shared.getInt(at + 5));
      at = next;
    }
    cutFrame = Arrays.copyOfRange(bytes, at, end);
  }

  private void frame(byte[] bytes, int from, int size, int type, int flags, int stream)
      throws IOException {
    switch (type) {
      case DATA -> {
        received += size;
        if (received >= RENEW_BYTES) {
          frame(4, WINDOW_UPDATE, 0, 0).putInt((int) received);
          received = 0;
        }
        data(stream, bytes, from, size);
      }
      case WINDOW_UPDATE -> {
        if (stream == 0) {
          credit += ByteBuffer.wrap(bytes, from, size).getInt();
          sendWaiting();
        }
      }
      case SETTINGS -> {
        if ((flags & ACK) == 0) {
          frame(0, SETTINGS, ACK, 0);
        }
      }
      case PING -> {
        if ((flags & ACK) == 0) {
          frame(size, PING, ACK, 0).put(bytes, from, size);
        }
      }
      case GOAWAY -> throw new EOFException("the server says goodbye");
      default -> {
        // Header fields and priorities are of no interest.
      }
    }
    boolean last = (type == DATA || type == HEADERS) && (flags & END_STREAM) != 0;
    if (last || type == RST_STREAM) {
      listener.ended(this, stream);
    }
  }

  private void sendWaiting() {
    for (Waiting next = waiting.peekFirst();
        next != null && next.message.size() + PREFIX_BYTES <= credit;
        next = waiting.peekFirst()) {
      waiting.removeFirst();
      write(next.stream, next.message, next.last);
    }
  }

  private void data(int stream, byte[] bytes, int from, int size) {
    Cut cut = cutMessages.isEmpty() ? null : cutMessages.remove(stream);
    if (cut != null) {
      cut.add(bytes, from, size);
    }
    byte[] all = cut == null ? bytes : cut.bytes;
    int at = cut == null ? from : 0;
    int end = cut == null ? from + size : cut.size;
    while (end - at >= PREFIX_BYTES) {
      int length = ByteBuffer.wrap(all, at + 1, 4).getInt();
      if (end - at - PREFIX_BYTES < length) {
        break;
      }
      listener.message(this, stream, all, at + PREFIX_BYTES, length);
      at += PREFIX_BYTES + length;
    }
    if (at == 0 && cut != null) {
      cutMessages.put(stream, cut);
    } else if (at < end) {
      Cut rest = new Cut();
      rest.add(all, at, end - at);
      cutMessages.put(stream, rest);
    }
  }
}
