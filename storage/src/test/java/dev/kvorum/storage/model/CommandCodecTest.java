package dev.kvorum.storage.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.storage.model.Command.Compare;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class CommandCodecTest {
  private static final Bytes KEY = Bytes.utf8("key");
  private static final Bytes END = Bytes.utf8("kez");

  static Stream<Command> commands() {
    var put = new Command.Put(KEY, END, -1, true, true, true);
    var delete = new Command.DeleteRange(KEY, END, true);
    var compares =
        List.of(
            new Compare(3, Compare.VALUE, KEY, END, 0, Bytes.utf8("v")),
            new Compare(1, Compare.VALUE, KEY, Bytes.EMPTY, 0, Bytes.EMPTY),
            new Compare(2, Compare.VERSION, KEY, END, 0, Bytes.EMPTY),
            new Compare(0, Compare.CREATE, KEY, END, 5, Bytes.EMPTY),
            new Compare(0, Compare.MOD, KEY, END, -5, Bytes.EMPTY),
            new Compare(0, Compare.LEASE, KEY, END, Long.MIN_VALUE, Bytes.EMPTY));
    var nested = new Command.Txn(List.of(), List.of(put, new Command.MissingOp()), List.of(delete));
    return Stream.of(
        put,
        delete,
        new Command.Txn(compares, List.of(nested, put), List.of(nested, nested)),
        new Command.Txn(List.of(), List.of(), List.of()),
        new Command.Compact(-3, true),
        new Command.Alarm(1, -1, 2),
        new Command.PublishMember(-7, "name", List.of("http://a:1", "http://b:2")),
        new Command.SetClusterVersion("3.7.0"),
        new Command.LeaseGrant(-7, 60, true),
        new Command.LeaseGrant(7, 60),
        new Command.LeaseRevoke(-7),
        new Command.LeaseExpire(3, List.of(-7L, 8L), 9),
        new Command.LeaseCheckpoint(
            3,
            List.of(
                new Command.LeaseCheckpoint.Remaining(-7, 100),
                new Command.LeaseCheckpoint.Remaining(8, 0)),
            9));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void commandComesBackAsItWasEncoded(Command command) throws MalformedProto {
    var encoded = CommandCodec.encode(command);
    assertThat(CommandCodec.decode(Envelope.Kind.of(command), encoded)).isEqualTo(command);
  }

  @Test
  void rangeComesBackAsItWasEncoded() throws MalformedProto {
    var range = new Command.Range(KEY, END, -1, 2, 7, -8, true, true, true, 3, 4, 5, 6);
    assertThat(CommandCodec.decodeRange(CommandCodec.encode(range))).isEqualTo(range);
  }

  /** Field 1 alone, as etcd's own message has it. */
  @Test
  void aCheckpointOfAnOlderReleaseSaysNeitherTermNorWhichLeasesItMeans() throws MalformedProto {
    var body = Bytes.hex("0a04" + "0807" + "1064");
    assertThat(CommandCodec.decode(Envelope.Kind.LEASE_CHECKPOINT, body))
        .isEqualTo(
            new Command.LeaseCheckpoint(
                0, List.of(new Command.LeaseCheckpoint.Remaining(7, 100)), 0));
  }

  @Test
  void lastOfRepeatedScalarsWins() throws MalformedProto {
    var put = CommandCodec.decodePut(Bytes.hex("0a0161" + "0a0162" + "2001" + "2000"));
    assertThat(put.key()).isEqualTo(Bytes.utf8("b"));
    assertThat(put.prevKv()).isFalse();
  }

  @Test
  void knownFieldOfAForeignWireTypeIsUnknown() throws MalformedProto {
    // The key as a varint, the lease as bytes.
    var put = CommandCodec.decodePut(Bytes.hex("0805" + "1a0161" + "0a0161"));
    assertThat(put)
        .isEqualTo(new Command.Put(Bytes.utf8("a"), Bytes.EMPTY, 0, false, false, false));
  }

  @Test
  void memberOfAOneofThatComesTwiceIsMerged() throws MalformedProto {
    // request_put {key: a, value: 1}, then request_put {value: 2, prev_kv: true}
    var txn =
        CommandCodec.decodeTxn(Bytes.hex("120f" + "12060a0161120131" + "1205120132" + "2001"));
    assertThat(txn.success())
        .containsExactly(new Command.Put(Bytes.utf8("a"), Bytes.utf8("2"), 0, true, false, false));
  }

  @Test
  void laterMemberOfAOneofReplacesTheEarlierOne() throws MalformedProto {
    // request_put {key: a}, then request_delete_range {key: b}
    var txn = CommandCodec.decodeTxn(Bytes.hex("120a" + "12030a0161" + "1a030a0162"));
    assertThat(txn.success())
        .containsExactly(new Command.DeleteRange(Bytes.utf8("b"), Bytes.EMPTY, false));
  }

  @Test
  void operandOfAnotherTargetCountsAsZero() throws MalformedProto {
    // Target VERSION with the member mod_revision 5.
    var txn = CommandCodec.decodeTxn(Bytes.hex("0a05" + "1a0161" + "3005"));
    assertThat(txn.compares())
        .containsExactly(
            new Compare(0, Compare.VERSION, Bytes.utf8("a"), Bytes.EMPTY, 0, Bytes.EMPTY));
    // Target VERSION with version 5 and then value "x": only the last member is set.
    var replaced = CommandCodec.decodeTxn(Bytes.hex("0a08" + "1a0161" + "2005" + "3a0178"));
    assertThat(replaced.compares().getFirst().operand()).isZero();
  }

  private static Bytes nested(int depth) {
    var txn = Bytes.EMPTY;
    for (var i = 1; i < depth; i++) {
      var op = new ProtoWriter(txn.size() + 8).bytesMember(4, txn).toBytes();
      txn = new ProtoWriter(op.size() + 8).bytesMember(2, op).toBytes();
    }
    return txn;
  }

  @Test
  void nestingHasALimit() throws MalformedProto {
    assertThat(CommandCodec.decodeTxn(nested(CommandCodec.MAX_TXN_DEPTH)).success()).hasSize(1);
    assertThatThrownBy(() -> CommandCodec.decodeTxn(nested(CommandCodec.MAX_TXN_DEPTH + 1)))
        .isInstanceOf(MalformedProto.class)
        .hasMessageContaining("nested deeper than 100");
  }

  @Test
  void deepNestingIsDecodedOnce() throws MalformedProto {
    // Twice a level would be 2^99 decodings; the members that are replaced at each level are, too.
    var txn = Bytes.EMPTY;
    for (var i = 1; i < CommandCodec.MAX_TXN_DEPTH; i++) {
      var op =
          new ProtoWriter(64).bytesMember(2, Bytes.hex("0a0161")).bytesMember(4, txn).toBytes();
      txn = new ProtoWriter(64).bytesMember(2, op).toBytes();
    }
    assertThat(CommandCodec.decodeTxn(txn).success()).hasSize(1);
  }

  @Test
  void noBytesCrashTheDecoder() {
    var random = new Random(4711);
    var seeds = commands().map(CommandCodec::encode).toList();
    for (var i = 0; i < 50_000; i++) {
      var bytes = seeds.get(random.nextInt(seeds.size())).toArray();
      for (var flips = random.nextInt(4); flips >= 0 && bytes.length > 0; flips--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      var damaged = Bytes.wrap(bytes).slice(0, random.nextInt(bytes.length + 1));
      for (var kind : Envelope.Kind.values()) {
        try {
          CommandCodec.decode(kind, damaged);
        } catch (MalformedProto malformed) {
          assertThat(malformed).hasMessageContaining("malformed protobuf at byte");
        }
      }
    }
  }
}
