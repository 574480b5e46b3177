package dev.kvorum.grpc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Failure;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the body of a request into messages. On the wire each is a byte that says whether it is
 * compressed, its length as four bytes, and itself; chunks end anywhere, inside of the length too.
 *
 * <p>A message that lies in one chunk is a window into that chunk. One that spans chunks is
 * gathered in an array that grows with what has arrived and not with what was announced: a length
 * costs a stranger nothing.
 */
final class MessageReader {
  /** The bytes before each message. */
  static final int PREFIX_SIZE = 5;

  private static final int FIRST_GATHER_BYTES = 4 * 1024;
  private static final byte[] NO_BYTES = {};

  /** What a client is told for whose message there is no room (contract S21.3). */
  static final GrpcStatus NO_ROOM = GrpcStatus.of(Failure.TOO_MANY_REQUESTS);

  private final int maxMessageBytes;

  /** Asked for memory before a message is gathered, with its announced size. */
  private final IntPredicate admission;

  /** Bytes of the present prefix that have arrived, in {@code [0, PREFIX_SIZE]}. */
  private int prefixSize;

  private int flag;
  private int length;

  /** What has arrived of a message that spans chunks, in {@code [0, gatheredSize)}. */
  private byte[] gathered = NO_BYTES;

  private int gatheredSize;

  MessageReader(int maxMessageBytes, IntPredicate admission) {
    this.maxMessageBytes = maxMessageBytes;
    this.admission = admission;
  }

  /**
   * Takes the next chunk and hands out every message that it completes.
   *
   * @param chunk given up by the caller, because messages are windows into it
   * @return why the body is not acceptable, or null; nothing may be read after a failure
   */
  @Nullable GrpcStatus read(Bytes chunk, Consumer<Bytes> messages) {
    var at = 0;
    while (at < chunk.size()) {
      if (prefixSize < PREFIX_SIZE) {
        readPrefixByte(chunk.at(at++));
        if (prefixSize == PREFIX_SIZE) {
          var refusal = checkPrefix();
          if (refusal != null) {
            return refusal;
          }
        }
      } else {
        if (gatheredSize == 0 && chunk.size() - at < length && !admission.test(length)) {
          return NO_ROOM;
        }
        at = readMessage(chunk, at, messages);
      }
    }
    // An empty message is complete as soon as its length is known.
    if (prefixSize == PREFIX_SIZE && length == 0) {
      deliver(Bytes.EMPTY, messages);
    }
    return null;
  }

  /** True when the body may end here: not inside of a message. */
  boolean isBetweenMessages() {
    return prefixSize == 0;
  }

  /** Memory that a half-read message occupies. */
  int heldBytes() {
    return gathered.length;
  }

  private void readPrefixByte(byte b) {
    if (prefixSize++ == 0) {
      flag = b & 0xff;
      length = 0;
    } else {
      length = length << 8 | (b & 0xff);
    }
  }

  private @Nullable GrpcStatus checkPrefix() {
    var announced = Integer.toUnsignedLong(length);
    if (announced > maxMessageBytes) {
      return new GrpcStatus(
          GrpcCode.RESOURCE_EXHAUSTED,
          "grpc: received message larger than max (" + announced + " vs. " + maxMessageBytes + ")");
    }
    return switch (flag) {
      case 0 -> null;
      // Every encoding but identity was refused when the call began.
      case 1 -> GrpcStatus.internal("grpc: compressed flag set with identity or empty encoding");
      default -> GrpcStatus.internal("grpc: received unexpected payload format " + flag);
    };
  }

  private int readMessage(Bytes chunk, int at, Consumer<Bytes> messages) {
    var available = chunk.size() - at;
    if (gatheredSize == 0 && available >= length) {
      deliver(chunk.slice(at, at + length), messages);
      return at + length;
    }
    var taken = Math.min(available, length - gatheredSize);
    gather(chunk.slice(at, at + taken));
    if (gatheredSize == length) {
      var message = Bytes.wrap(gathered, 0, length);
      gathered = NO_BYTES;
      gatheredSize = 0;
      deliver(message, messages);
    }
    return at + taken;
  }

  private void gather(Bytes part) {
    var needed = gatheredSize + part.size();
    if (gathered.length < needed) {
      var doubled = Math.max(FIRST_GATHER_BYTES, 2L * needed);
      gathered = Arrays.copyOf(gathered, (int) Math.min(length, doubled));
    }
    part.copyTo(gathered, gatheredSize);
    gatheredSize = needed;
  }

  private void deliver(Bytes message, Consumer<Bytes> messages) {
    prefixSize = 0;
    messages.accept(message);
  }
}
