package dev.kvorum.verticles.store;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PinsTest {
  private final Pins pins = new Pins();

  @Test
  void nothingIsHeldBackWithoutPins() {
    assertThat(pins.allowsRemovalAt(5)).isTrue();
  }

  @Test
  void aPinHoldsLaterCompactionsBackAndNoEarlierOnes() {
    var pin = pins.pin(5);

    assertThat(pins.allowsRemovalAt(5)).isTrue();
    assertThat(pins.allowsRemovalAt(6)).isFalse();
    pin.close();
    assertThat(pins.allowsRemovalAt(6)).isTrue();
  }

  @Test
  void theOldestOfSeveralPinsDecidesAndClosingTwiceIsHarmless() {
    var first = pins.pin(3);
    var second = pins.pin(3);
    var third = pins.pin(9);

    first.close();
    first.close();
    assertThat(pins.allowsRemovalAt(4)).isFalse();
    second.close();
    assertThat(pins.allowsRemovalAt(9)).isTrue();
    assertThat(pins.allowsRemovalAt(10)).isFalse();
    third.close();
    assertThat(pins.allowsRemovalAt(10)).isTrue();
  }
}
