package dev.kvorum.simulator.plan;

/** What a schedule of faults is made of. */
public enum FaultKind {
  /** The power of a member is cut; it starts again after the duration. The number is the policy. */
  CRASH,
  /** As {@link #CRASH}, but at the next moment between a write and its sync. */
  CRASH_BEFORE_SYNC,
  /** As {@link #CRASH}, but at the next moment between a sync and what follows from it. */
  CRASH_AFTER_SYNC,
  /** Every member loses its power at once. */
  CRASH_ALL,
  /** The whole process stands still, then does everything that waits. */
  PAUSE_MEMBER,
  /** Only the member's logic stands still; its disks go on. */
  PAUSE_LOGIC,
  /** Only the journal's disk stands still. */
  PAUSE_JOURNAL,
  /** Only the state store's disk stands still. */
  PAUSE_STATE,
  /** The members split in two halves; the number says which. */
  PARTITION_SPLIT,
  /** One member hears nobody and nobody hears it. */
  PARTITION_ISOLATE,
  /** Whoever leads is isolated, again and again. */
  PARTITION_LEADER_FLAPPING,
  /** A member can send and hears nothing. */
  PARTITION_DEAF,
  /** A member hears and nobody hears it. */
  PARTITION_MUTE,
  /** Two halves that only one member connects. */
  PARTITION_BRIDGE,
  /** Each member reaches only its neighbours in a ring. */
  PARTITION_RING,
  /** The only member that a quorum can reach is one with a shorter log. */
  PARTITION_CONSTRAINED,
  /** Clients reach only a minority. */
  PARTITION_CLIENTS,
  /** Members reach each other, clients reach none. */
  PARTITION_PEERS_ONLY,
  /** Links stop one after the other and start again in another order. */
  SWIZZLE_CLOG,
  /** A member's links are so slow that data delays heartbeats. */
  SLOW_LINK,
  /** What is sent to a member vanishes, and no end of a connection tells. */
  BLACKHOLE,
  /** All connections of a member break and are made again, several times. */
  RECONNECT_STORM,
  /** A member's clock runs faster or slower; the number is the permille of the right speed. */
  CLOCK_DRIFT,
  /** A member's ticks stop for a while and none is made up for. */
  CLOCK_JUMP,
  /** A member's next disk write fails. */
  DISK_WRITE_ERROR,
  /** A member's next sync fails. */
  DISK_SYNC_ERROR,
  /** A member's disk has no more space for a while. */
  DISK_FULL,
  /** A member's disk takes long for everything. */
  DISK_SLOW,
  /** A member's syncs succeed without making anything durable, until its next crash. */
  DISK_LIES,
  /** The power of a member is cut in the middle of writing a sector. */
  DISK_SHORN_WRITE,
  /** A bit of a member's files flips while it is down; the number says which. */
  DISK_BIT_FLIP,
  /** A sector of a member's files is garbage when it starts again. */
  DISK_GARBAGE_SECTOR,
  /** A sector of a member's files is zero when it starts again. */
  DISK_ZERO_SECTOR,
  /** The state store of a member is gone or behind when it starts again. */
  STATE_LOST,
  /** A member loses its disk and joins again under a new name. */
  REFORMAT,
  /** Somebody wants another leader. */
  TRANSFER_LEADERSHIP,
  /** A new member joins as a learner. */
  ADD_LEARNER,
  /** A learner becomes a voter. */
  PROMOTE,
  /** A member is removed. */
  REMOVE_MEMBER,
  /** History is compacted. */
  COMPACT,
  /** A member writes a full snapshot file now. */
  SNAPSHOT,
  /**
   * The power of a member is cut while it writes its next vote, or right after, so that it is soon
   * asked again; the number says which, and the policy.
   */
  CRASH_VOTING,
  /** One voter takes the place of another, in one joint change. */
  REPLACE_VOTER,
  /** One of a member's two vote files is garbage when it starts again. */
  DISK_VOTE_GARBAGE
}
