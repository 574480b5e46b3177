package dev.kvorum.loadtest.wire;

import com.google.protobuf.ByteString;
import java.util.List;

/**
 * What a call came to, when the server answered it at all.
 *
 * @param messages the answer's messages in order, each without its gRPC frame; a unary call that
 *     succeeded has exactly one
 * @param code the gRPC status code, 0 for success
 * @param message the status text, empty for success
 */
public record GrpcReply(List<ByteString> messages, int code, String message) {

  public GrpcReply {
    messages = List.copyOf(messages);
  }

  public boolean succeeded() {
    return code == 0;
  }

  /** The one message of a unary answer. */
  public ByteString onlyMessage() throws GrpcStatusException {
    if (!succeeded()) {
      throw new GrpcStatusException(code, message);
    }
    if (messages.size() != 1) {
      throw new GrpcStatusException(13, "a unary answer of " + messages.size() + " messages");
    }
    return messages.getFirst();
  }
}
