package dev.kvorum.simulator.plan;

import java.util.Locale;

/**
 * One thing that goes wrong, or that an operator does, at a time that the seed has decided.
 *
 * @param kind what
 * @param atNanos when it begins
 * @param durationNanos how long it lasts, where that means anything
 * @param member whom it concerns, counted from 0; {@link #LEADER} for whoever leads then
 * @param number what else the kind needs
 */
public record Fault(FaultKind kind, long atNanos, long durationNanos, int member, long number) {
  /** In {@link #member}: whoever leads when the time comes. */
  public static final int LEADER = -1;

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%.3fs %s %s for %.3fs (%d)",
        atNanos / 1e9,
        kind,
        member == LEADER ? "leader" : "member " + member,
        durationNanos / 1e9,
        number);
  }
}
