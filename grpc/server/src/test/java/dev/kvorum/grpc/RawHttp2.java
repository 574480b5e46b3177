package dev.kvorum.grpc;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** HTTP/2 by hand, for what a client library refuses to send. */
final class RawHttp2 implements AutoCloseable {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int RST_STREAM = 3;
  static final int GOAWAY = 7;

  /** Codes of errors. */
  static final int PROTOCOL_ERROR = 1;

  private static final int CANCEL = 8;
  private static final int SETTINGS = 4;
  private static final int WINDOW_UPDATE = 8;
  private static final int CONTINUATION = 9;
  private static final int END_STREAM = 1;
  private static final int END_HEADERS = 4;
  private static final int MAX_FRAME = 16 * 1024;
  private static final int WAIT_MILLIS = 60_000;

  private final Socket socket;
  private final DataInputStream in;

  /**
   * A frame that the server sent.
   *
   * @param code of the error, in a reset or a farewell
   */
  record Frame(int type, int flags, int stream, int code) {
    boolean endsStream() {
      return type == RST_STREAM || (type <= HEADERS && (flags & END_STREAM) != 0);
    }
  }

  /**
   * Connects, and says the preface and empty settings: at once, for the server's clocks begin with
   * the preface, and it may hang up before a second write.
   */
  RawHttp2(int port) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(WAIT_MILLIS);
    in = new DataInputStream(socket.getInputStream());
    var greeting = new ByteArrayOutputStream();
    greeting.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    greeting.writeBytes(frame(SETTINGS, 0, 0, new byte[0]));
    socket.getOutputStream().write(greeting.toByteArray());
  }

  /** The header fields of a gRPC call. */
  static Map<String, String> call(String path) {
    var fields = new LinkedHashMap<String, String>();
    fields.put(":method", "POST");
    fields.put(":scheme", "http");
    fields.put(":path", path);
    fields.put(":authority", "localhost");
    fields.put("content-type", "application/grpc");
    fields.put("te", "trailers");
    return fields;
  }

  /** Sends a call's header fields, in as many frames as they need. */
  void headers(int stream, Map<String, String> fields) throws IOException {
    var block = new ByteArrayOutputStream();
    fields.forEach(
        (name, value) -> {
          block.write(0);
          literal(block, name);
          literal(block, value);
        });
    var bytes = block.toByteArray();
    for (var at = 0; at == 0 || at < bytes.length; at += MAX_FRAME) {
      var end = Math.min(bytes.length, at + MAX_FRAME);
      write(
          at == 0 ? HEADERS : CONTINUATION,
          end == bytes.length ? END_HEADERS : 0,
          stream,
          Arrays.copyOfRange(bytes, at, end));
    }
  }

  /** A string without Huffman coding behind its length. */
  private static void literal(ByteArrayOutputStream block, String text) {
    var rest = text.length() - 0x7f;
    if (rest < 0) {
      block.write(text.length());
    } else {
      block.write(0x7f);
      for (; rest >= 0x80; rest >>>= 7) {
        block.write((rest & 0x7f) | 0x80);
      }
      block.write(rest);
    }
    block.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Sends the last data of a stream. */
  void lastData(int stream, byte[] data) throws IOException {
    write(DATA, END_STREAM, stream, data);
  }

  /** Sends data of a stream that goes on. */
  void data(int stream, byte[] data) throws IOException {
    write(DATA, 0, stream, data);
  }

  /** Lets the server send more on the connection. */
  void giveCredit(int bytes) throws IOException {
    write(WINDOW_UPDATE, 0, 0, ByteBuffer.allocate(Integer.BYTES).putInt(bytes).array());
  }

  /** Cancels a stream. */
  void cancel(int stream) throws IOException {
    write(RST_STREAM, 0, stream, new byte[] {0, 0, 0, CANCEL});
  }

  private void write(int type, int flags, int stream, byte[] payload) throws IOException {
    socket.getOutputStream().write(frame(type, flags, stream, payload));
  }

  private static byte[] frame(int type, int flags, int stream, byte[] payload) {
    var frame = new ByteArrayOutputStream();
    frame.write(payload.length >>> 16);
    frame.write(payload.length >>> 8);
    frame.write(payload.length);
    frame.write(type);
    frame.write(flags);
    for (var shift = 24; shift >= 0; shift -= 8) {
      frame.write(stream >>> shift);
    }
    frame.writeBytes(payload);
    return frame.toByteArray();
  }

  /** Reads until the stream ends, and returns the frame that ended it or a farewell. */
  Frame awaitEndOf(int stream) throws IOException {
    while (true) {
      var size = (in.readUnsignedShort() << 8) | in.readUnsignedByte();
      var type = in.readUnsignedByte();
      var flags = in.readUnsignedByte();
      var of = in.readInt();
      var payload = ByteBuffer.wrap(in.readNBytes(size));
      var code =
          switch (type) {
            case RST_STREAM -> payload.getInt();
            case GOAWAY -> payload.getInt(Integer.BYTES);
            default -> 0;
          };
      var frame = new Frame(type, flags, of, code);
      if (type == GOAWAY || (of == stream && frame.endsStream())) {
        return frame;
      }
    }
  }

  /** Reads until the server hangs up; returns how much it said. */
  int awaitEndOfConnection() throws IOException {
    return in.readAllBytes().length;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
