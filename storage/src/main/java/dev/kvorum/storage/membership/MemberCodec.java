package dev.kvorum.storage.membership;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.MalformedProto;
import dev.kvorum.storage.model.Member;
import dev.kvorum.storage.model.ProtoReader;
import dev.kvorum.storage.model.ProtoWriter;
import java.util.ArrayList;

/** Members as bytes: the API's {@code etcdserverpb.Member} message. */
public final class MemberCodec {
  private static final int ID = 1;
  private static final int NAME = 2;
  private static final int PEER_URLS = 3;
  private static final int CLIENT_URLS = 4;
  private static final int LEARNER = 5;

  private MemberCodec() {}

  public static Bytes encode(Member member) {
    var name = Bytes.utf8(member.name());
    var peerUrls = member.peerUrls().stream().map(Bytes::utf8).toList();
    var clientUrls = member.clientUrls().stream().map(Bytes::utf8).toList();
    var size =
        ProtoWriter.varintFieldSize(ID, member.id())
            + ProtoWriter.bytesFieldSize(NAME, name.size())
            + ProtoWriter.varintFieldSize(LEARNER, member.learner() ? 1 : 0);
    for (var url : peerUrls) {
      size += ProtoWriter.bytesMemberSize(PEER_URLS, url.size());
    }
    for (var url : clientUrls) {
      size += ProtoWriter.bytesMemberSize(CLIENT_URLS, url.size());
    }
    var writer = new ProtoWriter(size).varintField(ID, member.id()).bytesField(NAME, name);
    peerUrls.forEach(url -> writer.bytesMember(PEER_URLS, url));
    clientUrls.forEach(url -> writer.bytesMember(CLIENT_URLS, url));
    return writer.boolField(LEARNER, member.learner()).toBytes();
  }

  public static Member decode(Bytes message) throws MalformedProto {
    var id = 0L;
    var name = "";
    var peerUrls = new ArrayList<String>();
    var clientUrls = new ArrayList<String>();
    var learner = false;
    var reader = new ProtoReader(message);
    for (var tag = reader.next(); tag != 0; tag = reader.next()) {
      switch (tag) {
        case ID << 3 | ProtoReader.VARINT -> id = reader.varint();
        case NAME << 3 | ProtoReader.LENGTH -> name = reader.bytes().toUtf8();
        case PEER_URLS << 3 | ProtoReader.LENGTH -> peerUrls.add(reader.bytes().toUtf8());
        case CLIENT_URLS << 3 | ProtoReader.LENGTH -> clientUrls.add(reader.bytes().toUtf8());
        case LEARNER << 3 | ProtoReader.VARINT -> learner = reader.bool();
        default -> reader.skip(tag);
      }
    }
    return new Member(id, name, peerUrls, clientUrls, learner);
  }

  /** The member's key in its bucket: the id in lower-case hexadecimal digits (contract S14.9). */
  public static Bytes key(Member member) {
    return Bytes.utf8(Long.toHexString(member.id()));
  }
}
