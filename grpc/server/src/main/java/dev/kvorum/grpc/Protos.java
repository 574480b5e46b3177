package dev.kvorum.grpc;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.MalformedProto;

/** Between bytes and the generated messages, which the calls use that are not hot. */
final class Protos {
  private Protos() {}

  static <M> M parse(Parser<M> parser, Bytes message) throws MalformedProto {
    try {
      return parser.parseFrom(message.sharedArray(), message.offset(), message.size());
    } catch (InvalidProtocolBufferException malformed) {
      throw new MalformedProto(String.valueOf(malformed.getMessage()));
    }
  }

  static Bytes bytes(MessageLite message) {
    return Bytes.wrap(message.toByteArray());
  }
}
