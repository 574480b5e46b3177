package dev.kvorum.verticles.store;

import static dev.kvorum.verticles.store.ViewWatchdog.SUSPICIOUS_NANOS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.index.IndexUsage;
import org.junit.jupiter.api.Test;

class ViewWatchdogTest {
  private final ViewWatchdog watchdog = new ViewWatchdog();

  private boolean published(int openViews, long oldest, long newest, long nowNanos) {
    return watchdog.isSuspicious(new IndexUsage(0, 0, 0, openViews, oldest, newest), nowNanos);
  }

  @Test
  void forgottenViewIsToldOfOnce() {
    assertThat(published(3, 10, 12, 0)).isFalse();
    assertThat(published(3, 10, 500, SUSPICIOUS_NANOS - 1)).isFalse();
    assertThat(published(3, 10, 501, SUSPICIOUS_NANOS)).isTrue();
    assertThat(published(3, 10, 502, 2 * SUSPICIOUS_NANOS)).isFalse();
    assertThat(published(3, 300, 503, 2 * SUSPICIOUS_NANOS)).isFalse();
    assertThat(published(3, 300, 504, 3 * SUSPICIOUS_NANOS)).isTrue();
  }

  @Test
  void newestViewsOfAnIdleMemberAreNotForgotten() {
    assertThat(published(2, 10, 11, 0)).isFalse();
    assertThat(published(2, 10, 11, 9 * SUSPICIOUS_NANOS)).isFalse();
  }
}
