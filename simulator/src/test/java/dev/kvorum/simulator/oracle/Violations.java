package dev.kvorum.simulator.oracle;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.simulator.world.WrongException;

/** How tests ask whether an oracle speaks up. */
final class Violations {
  private Violations() {}

  /** The step breaks that rule, and the oracle says so. */
  static void assertWrong(Runnable step, String rule) {
    assertThatThrownBy(step::run)
        .isInstanceOf(WrongException.class)
        .extracting(wrong -> ((WrongException) wrong).what())
        .isEqualTo(rule);
  }
}
