package dev.kvorum.verticles.coordination;

import dev.kvorum.storage.model.Failure;

/** How a call to a lock or an election ended. */
public sealed interface Reply<T> {
  /** It did what it should. */
  record Done<T>(T value) implements Reply<T> {}

  /** The store refused something that was needed for it. */
  record Refused<T>(Failure failure) implements Reply<T> {}

  /** It is not possible, in words that clients know (contract S11.2, S12.2, S12.3). */
  record Impossible<T>(String text) implements Reply<T> {}
}
