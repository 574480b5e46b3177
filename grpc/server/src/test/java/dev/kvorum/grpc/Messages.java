package dev.kvorum.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import dev.kvorum.api.etcdserverpb.ResponseHeader;
import dev.kvorum.api.mvccpb.KeyValue;
import dev.kvorum.storage.model.Bytes;

/** What services answer with in tests, as messages of the generated classes. */
final class Messages {
  static final KeyValue STORED =
      KeyValue.newBuilder()
          .setKey(text("k"))
          .setValue(text("v"))
          .setCreateRevision(5)
          .setModRevision(6)
          .setVersion(2)
          .setLease(77)
          .build();

  private Messages() {}

  static ByteString text(String text) {
    return ByteString.copyFromUtf8(text);
  }

  /** {@link #STORED} as the store hands it out. */
  static Bytes stored() {
    return Bytes.wrap(STORED.toByteArray());
  }

  /** The header of the fake service's answers. */
  static ResponseHeader header(long revision) {
    return ResponseHeader.newBuilder()
        .setClusterId(0xcdf818194e3a8c32L)
        .setMemberId(0x8e9e05c52164694dL)
        .setRevision(revision)
        .setRaftTerm(2)
        .build();
  }

  static <M> M parse(Parser<M> parser, Bytes message) {
    try {
      return parser.parseFrom(message.toArray());
    } catch (InvalidProtocolBufferException malformed) {
      throw new AssertionError(malformed);
    }
  }
}
