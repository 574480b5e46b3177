package dev.kvorum.raft.core;

import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;

/**
 * A state machine small enough to keep every state it ever had: the position, a hash of all that
 * was applied, and the configuration.
 *
 * @param position the last entry applied
 * @param hash of all entries applied, in order
 * @param membership the configuration after it
 */
record StoreState(EntryId position, long hash, Membership membership) {
  /** The state after the next entry, and the change of membership it makes, if any. */
  StoreState apply(Entry entry) {
    if (entry.index() != position.index() + 1) {
      throw new AssertionError("entry " + entry.index() + " applied after " + position);
    }
    var after = membership;
    if (entry.type() == Entry.Type.MEMBERSHIP
        && membership.apply(MembershipChange.decode(entry.payload()))
            instanceof Membership.Result.Changed(var changed)) {
      after = changed;
    }
    return new StoreState(EntryId.of(entry), 31 * hash + entry.hashCode(), after);
  }
}
