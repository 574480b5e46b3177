package dev.kvorum.storage.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class EnvelopeTest {
  private static final Envelope ENVELOPE =
      new Envelope(Envelope.Kind.PUT, 300, "root", 5, Bytes.hex("0a0161"));

  @Test
  void envelopeIsTheseBytes() {
    assertThat(ENVELOPE.encode().toHex())
        .isEqualTo("01" + "01" + "ac02" + "05" + "04726f6f74" + "0a0161");
  }

  @Test
  void envelopeComesBackAsItWasEncoded() {
    assertThat(Envelope.decode(ENVELOPE.encode())).isEqualTo(ENVELOPE);
    var bare = new Envelope(Envelope.Kind.TXN, 0, "", 0, Bytes.EMPTY);
    assertThat(Envelope.decode(bare.encode())).isEqualTo(bare);
  }

  @Test
  void bodyIsAWindowOnTheEntry() {
    var entry = ENVELOPE.encode();
    assertThat(Envelope.decode(entry).body().sharedArray()).isSameAs(entry.sharedArray());
  }

  @Test
  void newerVersionIsRefusedAndNeverSkipped() {
    var entry = ENVELOPE.encode().toArray();
    entry[0] = 2;
    assertThatThrownBy(() -> Envelope.decode(Bytes.wrap(entry)))
        .isInstanceOf(Envelope.Unreadable.class)
        .hasMessageContaining("version 2")
        .hasMessageContaining("newer release");
  }

  @Test
  void unknownKindIsRefused() {
    var entry = ENVELOPE.encode().toArray();
    entry[1] = 99;
    assertThatThrownBy(() -> Envelope.decode(Bytes.wrap(entry)))
        .isInstanceOf(Envelope.Unreadable.class)
        .hasMessageContaining("kind 99");
  }

  @Test
  void brokenEnvelopeIsRefused() {
    for (var size = 0; size < ENVELOPE.encode().size() - 3; size++) {
      var cut = ENVELOPE.encode().slice(0, size);
      assertThatThrownBy(() -> Envelope.decode(cut)).isInstanceOf(Envelope.Unreadable.class);
    }
  }
}
