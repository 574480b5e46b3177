package dev.kvorum.raft.core;

import dev.kvorum.storage.model.InvariantViolation;

/**
 * What a leader knows of one member's log, and how it feeds it.
 *
 * <pre>
 *   PROBE      one append at a time, until the two logs are known to agree somewhere
 *   REPLICATE  appends are pipelined; next runs ahead of what was answered
 *   SNAPSHOT   nothing is sent until the snapshot has arrived or failed
 * </pre>
 */
public final class Progress {
  /** How the leader feeds a member. */
  public enum State {
    PROBE,
    REPLICATE,
    SNAPSHOT
  }

  private final long member;
  private final Inflights inflights;

  /** The member's log equals the leader's up to here, durably. Falls only by amnesia. */
  private long match;

  /** The first entry not yet sent; above {@code match}. */
  private long next = 1;

  private State state = State.PROBE;

  /** Nothing goes out until something is heard: a probe is under way, or the window is full. */
  private boolean paused;

  /** In the snapshot state: the least index that the snapshot brings. */
  private long snapshotIndex;

  /** Whether anything was heard since the last check of the quorum. */
  private boolean recentlyActive;

  /** The latest round of asking for leadership that the member has confirmed. */
  private long readRound;

  /** The member's life, or 0 while unknown. */
  private long incarnation;

  /** What an earlier life acknowledged and this one has not yet, or 0. */
  private long acknowledgedBefore;

  /** Whether this life was found to have less than that. */
  private boolean amnesiac;

  /** The commit index last sent along. */
  private long sentCommit;

  /** Whether entries for the member are being read from the journal. */
  private boolean reading;

  /** Whether the member says that its disk is slow. */
  private boolean slowDisk;

  /** Healing of unknown damage: what the member must match, and the round to confirm; 0 if none. */
  private long cureIndex;

  private long cureRound;

  Progress(long member, RaftConfig config) {
    this.member = member;
    inflights =
        new Inflights(config.windows().maxInflightAppends(), config.windows().maxInflightBytes());
  }

  /** A new leader knows nothing but where its own log ends. */
  void reset(long lastIndex) {
    match = 0;
    next = lastIndex + 1;
    become(State.PROBE);
    recentlyActive = false;
    readRound = 0;
    incarnation = 0;
    acknowledgedBefore = 0;
    amnesiac = false;
    sentCommit = 0;
    reading = false;
    slowDisk = false;
    cureIndex = 0;
    cureRound = 0;
  }

  private void become(State newState) {
    state = newState;
    paused = false;
    snapshotIndex = 0;
    inflights.clear();
  }

  void becomeProbe() {
    // A snapshot that is known to have arrived needs no second look at what it brought.
    next = Math.max(match, state == State.SNAPSHOT ? snapshotIndex : 0) + 1;
    become(State.PROBE);
    sentCommit = Math.min(sentCommit, next - 1);
  }

  void becomeReplicate() {
    become(State.REPLICATE);
    next = match + 1;
  }

  void becomeSnapshot(long index) {
    become(State.SNAPSHOT);
    snapshotIndex = index;
    next = index + 1;
    sentCommit = index;
  }

  /** The snapshot arrived or not; what to send next follows from where it ended. */
  void snapshotEnded(long index) {
    snapshotIndex = index;
    becomeProbe();
    paused = true;
  }

  /** The member has confirmed the index. Returns whether that was news. */
  boolean matchTo(long index) {
    if (index <= match) {
      return false;
    }
    match = index;
    next = Math.max(next, index + 1);
    if (match >= acknowledgedBefore) {
      acknowledgedBefore = 0;
      amnesiac = false;
    }
    return true;
  }

  /** The leader's own progress is its own disk. */
  void matchOwn(long index) {
    match = index;
    next = Math.max(next, index + 1);
  }

  /**
   * The member refused an append after {@code rejected}. Returns whether to try again, from {@code
   * hint} on; false if the refusal is an old one.
   */
  boolean rejected(long rejected, long hint) {
    if (rejected <= match) {
      // What was matched cannot be refused, except by a refusal from before.
      return false;
    }
    if (state == State.REPLICATE) {
      next = match + 1;
    } else {
      // A probe is alone on its way: its refusal names the entry before next.
      if (next - 1 != rejected) {
        return false;
      }
      next = Math.max(Math.min(rejected, hint + 1), match + 1);
    }
    sentCommit = Math.min(sentCommit, next - 1);
    paused = false;
    return true;
  }

  /**
   * Another life of the member speaks than the one that matched. What was on its way is lost, and
   * even with nothing to send its log must be looked at: it may be shorter than it was.
   */
  void newLife(long newIncarnation) {
    if (incarnation != 0) {
      acknowledgedBefore = Math.max(acknowledgedBefore, match);
      if (state == State.REPLICATE) {
        becomeProbe();
      }
    }
    // This life may have even less than the one before.
    amnesiac = false;
    incarnation = newIncarnation;
  }

  /** The new life has less than the old one acknowledged: what matched is no longer true. */
  void forget(long lastIndex) {
    amnesiac = true;
    match = Math.min(match, lastIndex);
    become(State.PROBE);
    next = match + 1;
    sentCommit = Math.min(sentCommit, match);
  }

  /** An append with so many entries has gone out. */
  void sent(int entries, long bytes) {
    switch (state) {
      case REPLICATE -> {
        if (entries > 0) {
          next += entries;
          inflights.add(next - 1, bytes);
        }
        // With the window full the last append serves as a probe: silence until it is answered.
        paused = inflights.isFull();
      }
      case PROBE -> paused = true;
      case SNAPSHOT -> throw new InvariantViolation("nothing is sent during a snapshot");
    }
  }

  boolean isPaused() {
    return state == State.SNAPSHOT || paused;
  }

  void resume() {
    paused = false;
  }

  void invariant() {
    InvariantViolation.check(match < next, "match < next");
    InvariantViolation.check(
        state == State.REPLICATE || inflights.count() == 0, "only replication is pipelined");
  }

  public long member() {
    return member;
  }

  public long match() {
    return match;
  }

  public long next() {
    return next;
  }

  public State state() {
    return state;
  }

  public boolean recentlyActive() {
    return recentlyActive;
  }

  void recentlyActive(boolean active) {
    recentlyActive = active;
  }

  Inflights inflights() {
    return inflights;
  }

  long snapshotIndex() {
    return snapshotIndex;
  }

  long readRound() {
    return readRound;
  }

  void readRound(long round) {
    readRound = Math.max(readRound, round);
  }

  long incarnation() {
    return incarnation;
  }

  long acknowledgedBefore() {
    return acknowledgedBefore;
  }

  boolean amnesiac() {
    return amnesiac;
  }

  long sentCommit() {
    return sentCommit;
  }

  void sentCommit(long commit) {
    sentCommit = commit;
  }

  boolean reading() {
    return reading;
  }

  void reading(boolean underWay) {
    reading = underWay;
  }

  boolean slowDisk() {
    return slowDisk;
  }

  void slowDisk(boolean slow) {
    slowDisk = slow;
  }

  long cureIndex() {
    return cureIndex;
  }

  long cureRound() {
    return cureRound;
  }

  void seekCure(long index, long round) {
    cureIndex = index;
    cureRound = round;
  }

  @Override
  public String toString() {
    return "%d: %s match=%d next=%d%s%s"
        .formatted(
            member,
            state,
            match,
            next,
            isPaused() ? " paused" : "",
            inflights.count() > 0 ? " inflight=" + inflights.count() : "");
  }
}
