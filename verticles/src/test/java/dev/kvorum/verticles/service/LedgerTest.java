package dev.kvorum.verticles.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.verticles.service.Ledger.Account;
import org.junit.jupiter.api.Test;

class LedgerTest {
  private static final long MOST = 1 << 20;

  private final Ledger ledger = new Ledger(MOST, 10, 20, 30);

  @Test
  void whatFitsIsTakenAndWhatDoesNotIsNot() {
    assertThat(ledger.tryReserve(Account.ANSWERS, 8)).isTrue();
    assertThat(ledger.tryReserve(Account.ANSWERS, 3)).isFalse();
    assertThat(ledger.used(Account.ANSWERS)).isEqualTo(8);
    assertThat(ledger.tryReserve(Account.ANSWERS, 2)).isTrue();
    assertThat(ledger.isOver(Account.ANSWERS)).isFalse();

    ledger.release(Account.ANSWERS, 10);
    assertThat(ledger.used(Account.ANSWERS)).isZero();
  }

  /** Else a few large ones, that may stay for long, would shut everybody else out. */
  @Test
  void largeOnesLeaveAQuarterToSmallOnes() {
    while (ledger.tryReserve(Account.REQUESTS, Ledger.LARGE_BYTES)) {
      assertThat(ledger.used(Account.REQUESTS)).isLessThanOrEqualTo(MOST * 3 / 4);
    }
    assertThat(ledger.used(Account.REQUESTS)).isEqualTo(MOST * 3 / 4);
    assertThat(ledger.tryReserve(Account.REQUESTS, 1_000)).isTrue();
  }

  @Test
  void whatMustBeKeptIsAddedAndShutsOthersOut() {
    ledger.add(Account.TAIL, 25);
    assertThat(ledger.isOver(Account.TAIL)).isTrue();
    assertThat(ledger.tryReserve(Account.TAIL, 1)).isFalse();
    ledger.release(Account.TAIL, 6);
    assertThat(ledger.tryReserve(Account.TAIL, 1)).isTrue();
  }

  @Test
  void nobodyGivesBackWhatWasNotTaken() {
    assertThatThrownBy(() -> ledger.release(Account.CACHE, 1))
        .isInstanceOf(InvariantViolation.class);
  }

  @Test
  void theBoundsFollowTheHeap() {
    assertThat(Ledger.forHeap(96 << 20).most(Account.ANSWERS)).isEqualTo(12 << 20);
    assertThat(Ledger.forHeap(1L << 40).most(Account.ANSWERS)).isEqualTo(64 << 20);
    assertThat(Ledger.forHeap(1L << 40).most(Account.CACHE)).isEqualTo(16 << 20);
  }
}
