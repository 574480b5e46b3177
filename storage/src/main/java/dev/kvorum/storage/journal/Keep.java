package dev.kvorum.storage.journal;

/** Which part of a scanned journal goes on living. */
public sealed interface Keep {
  /** Everything that is whole; a torn end is set aside. For a journal without damage. */
  record Everything() implements Keep {}

  /**
   * What lies before the first damage. The damage and everything behind it go to quarantine. For a
   * member that will get the rest from its leader, or whose operator gave the rest up.
   */
  record BeforeDamage() implements Keep {}

  /**
   * Nothing behind the position: an operator gave the rest up. The position is the last entry
   * before the damage, or a later one that the state store holds.
   */
  record UpTo(EntryId position) implements Keep {}

  /**
   * What lies behind the last damage, or nothing. For a member whose state store or snapshot
   * already holds everything up to {@code covered}.
   */
  record BehindDamage(EntryId covered) implements Keep {}
}
