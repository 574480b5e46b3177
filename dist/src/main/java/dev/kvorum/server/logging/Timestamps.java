package dev.kvorum.server.logging;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;

/**
 * Times such as {@code 2026-07-23T10:11:12.123456Z} or {@code ...+0200}: local time, always six
 * digits after the second.
 *
 * <p>By hand and with the last second remembered, because a formatter costs more to load than the
 * rest of a line to write.
 */
final class Timestamps {
  private static final int DIGITS = 1_000_000;
  private static final int NANOS_A_MICROSECOND = 1_000;
  private static final int SECONDS_A_MINUTE = 60;
  private static final int SECONDS_AN_HOUR = 3_600;

  private final ZoneId zone;
  private long second = Long.MIN_VALUE;
  private String upToSecond = "";
  private String offset = "";

  Timestamps() {
    this(ZoneId.systemDefault());
  }

  Timestamps(ZoneId zone) {
    this.zone = zone;
  }

  synchronized void append(Instant instant, StringBuilder text) {
    if (instant.getEpochSecond() != second) {
      second = instant.getEpochSecond();
      render(OffsetDateTime.ofInstant(instant, zone));
    }
    text.append(upToSecond).append('.');
    int from = text.length();
    text.append(DIGITS + instant.getNano() / NANOS_A_MICROSECOND).deleteCharAt(from);
    text.append(offset);
  }

  private void render(OffsetDateTime time) {
    var text = new StringBuilder(32);
    text.append(time.getYear());
    appendTwo('-', time.getMonthValue(), text);
    appendTwo('-', time.getDayOfMonth(), text);
    appendTwo('T', time.getHour(), text);
    appendTwo(':', time.getMinute(), text);
    appendTwo(':', time.getSecond(), text);
    upToSecond = text.toString();
    int seconds = time.getOffset().getTotalSeconds();
    if (seconds == 0) {
      offset = "Z";
      return;
    }
    text.setLength(0);
    appendTwo(seconds < 0 ? '-' : '+', Math.abs(seconds) / SECONDS_AN_HOUR, text);
    int minutes = Math.abs(seconds) % SECONDS_AN_HOUR / SECONDS_A_MINUTE;
    offset =
        text.append((char) ('0' + minutes / 10)).append((char) ('0' + minutes % 10)).toString();
  }

  private static void appendTwo(char before, int number, StringBuilder text) {
    text.append(before).append((char) ('0' + number / 10)).append((char) ('0' + number % 10));
  }
}
