package dev.kvorum.verticles.stage;

import dev.kvorum.storage.lease.LeaseChange;
import dev.kvorum.storage.lease.LeaseClock;
import dev.kvorum.storage.lease.LeaseTable;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.LeaseAsk;
import dev.kvorum.storage.model.Result;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Keeps the leases' time while this member leads (contract S10.4 to S10.11).
 *
 * <p>A lease is never revoked early:
 *
 * <ol>
 *   <li>Its time begins when its grant is applied here, which is after the client asked, and anew
 *       with each renewal.
 *   <li>A member that begins to lead gives every lease all of its time again, and one election
 *       timeout more.
 *   <li>Before leases are revoked a quorum confirms that this member still leads: whoever was
 *       paused may long have been replaced by a leader that renews.
 *   <li>The entry that revokes names the term in which the leases ran out, and applying it in any
 *       other term does nothing. So even a leader that was replaced between the confirmation and
 *       the proposal takes nothing away.
 *   <li>The entry also says up to which grant this member had heard. What it has not heard of is
 *       that a client has revoked such a lease and granted it anew, which may be in the log
 *       already; applying it ends no lease that was granted later. A checkpoint of remaining times
 *       says both and does the same; or what a leader of before saw remain would undo renewals that
 *       its successor has acknowledged.
 *   <li>A renewal is acknowledged only while a quorum's confirmation is younger than an election
 *       timeout. A leader that was replaced while it was paused would otherwise acknowledge what
 *       its successor never hears of; and what is acknowledged within that time after the
 *       confirmation is covered by the timeout that the successor adds.
 *   <li>A lease of which a checkpoint says that little remains, or may come to say so because it is
 *       on its way, is renewed only when the log has taken that back; or the next leader would know
 *       of the checkpoint and not of the renewal.
 * </ol>
 *
 * <p>A round of expiry takes many leases: their attached keys are counted, and they go into few
 * entries, one after the other at a steady pace, so that neither a storm of small leases nor one
 * with many keys fills the log or holds the store for long. Leases with very many keys go into
 * entries of their own, at a pace of their own, and the round does not wait for them.
 */
public final class LeaseStage {
  /** What the step's moment is. */
  public record Moment(long nowNanos, long revision) {}

  /** A question of a front end. */
  public record Asked(int loop, long number, LeaseAsk ask) {}

  /**
   * Leases and keys that one entry ends, together. While one such entry is applied a put waits, so
   * it is small: some tenths of a millisecond.
   */
  static final int MAX_ENDS_AN_ENTRY = 250;

  /** Leases in one entry of checkpoints. */
  private static final int MAX_CHECKPOINTS_AN_ENTRY = 1_000;

  /** Handed out in one round, whose keys the store counts in one step. */
  static final int MAX_IDS_A_ROUND = 2_500;

  /**
   * Entries of a round that are under way together: a disk that is slow for a moment delays only
   * them.
   */
  static final int WINDOW = 8;

  private static final long RETRY_NANOS = 1_000_000_000L;
  private static final long CHECKPOINT_NANOS = 300_000_000_000L;
  private static final long CHECKPOINT_LIMIT_SECONDS = 300;

  private LeaseClock clock = new LeaseClock();

  /** Grants come in the order of the log, so every lease that is not in the clock is newer. */
  private long newestGrantIndex;

  private final long electionTimeoutNanos;
  private final boolean checkpoints;

  /** Renewals that wait until a quorum confirms that this member leads. */
  private final List<Asked> unconfirmed = new ArrayList<>();

  /** Renewals that wait until their lease is revoked (contract S10.5). */
  private final Map<Long, List<Asked>> expiring = new LinkedHashMap<>();

  /** Renewals that wait until a checkpoint is taken back. */
  private final Map<Long, List<Asked>> resetting = new LinkedHashMap<>();

  /** The term in which this member keeps the time, 0 while it does not. */
  private long leadingTerm;

  /** When the newest confirmation of this member in its term was asked for. */
  private long confirmedNanos;

  /** A confirmation is asked for, at {@link #confirmingNanos}. */
  private boolean confirming;

  private long confirmingNanos;

  /** How far a round of expiry has come. */
  private enum Round {
    NONE,
    /** It waits for the confirmation that this member leads. */
    ASKING,
    /** The keys of {@link #counting} are being counted. */
    COUNTING,
    /** Its entries go into the log. */
    ENDING
  }

  private Round round = Round.NONE;

  /** What the round has taken, until the counts of keys are there. */
  private List<Long> counting = List.of();

  /** What one entry is to end, and with how many keys; it waits for its turn. */
  private record Planned(List<Long> ids, long ends) {}

  private final ArrayDeque<Planned> entries = new ArrayDeque<>();

  private final EndPace pace = new EndPace();

  private int underWay;
  private final LargeEnds large = new LargeEnds();
  private long notBeforeNanos;
  private long nextCheckpointNanos;

  /** Entries of a checkpoint of which it is not known yet whether they took effect. */
  private int checkpointsUnderWay;

  /** Such an entry was given up, and may take effect still. */
  private boolean mayBeCheckpointed;

  /**
   * @param checkpoints whether remaining times are replicated (contract S10.11)
   */
  public LeaseStage(long electionTimeoutNanos, boolean checkpoints) {
    this.electionTimeoutNanos = electionTimeoutNanos;
    this.checkpoints = checkpoints;
  }

  /** Takes up the leases that were there before the first change. */
  public void load(LeaseTable leases, long nowNanos) {
    leases.forEach((id, ttl, remaining) -> clock.add(id, ttl, remaining, nowNanos));
    newestGrantIndex = leases.newestGrantIndex();
  }

  /**
   * The store was replaced by a later one, from a leader's snapshot: its leases are those that
   * count. This member does not lead.
   */
  public List<LeaseEffect> replaced(LeaseTable leases, Moment moment) {
    var effects = follow();
    clock = new LeaseClock();
    load(leases, moment.nowNanos);
    return effects;
  }

  /** How many leases there are. */
  public int size() {
    return clock.size();
  }

  /** Whether leases that ran out are being revoked. */
  public boolean isRunning() {
    return round != Round.NONE || !large.isEmpty();
  }

  /** When {@link #wake} has something to do, or {@link LeaseClock#NEVER}. */
  public long nextWakeNanos() {
    if (leadingTerm == 0) {
      return LeaseClock.NEVER;
    }
    return Math.min(large.nextNanos(), nextRoundNanos());
  }

  private long nextRoundNanos() {
    if (round != Round.NONE) {
      return entries.isEmpty() || underWay == WINDOW ? LeaseClock.NEVER : pace.nextNanos();
    }
    var expiry = clock.nextDeadlineNanos();
    var wake = expiry == LeaseClock.NEVER ? expiry : Math.max(expiry, notBeforeNanos);
    return checkpoints ? Math.min(wake, nextCheckpointNanos) : wake;
  }

  /**
   * This member leads in that term, and has applied everything that earlier leaders committed.
   *
   * @param askedNanos when the confirmation of that was asked for
   */
  public List<LeaseEffect> lead(long term, long askedNanos, Moment moment) {
    if (term == leadingTerm) {
      return List.of();
    }
    var effects = follow();
    leadingTerm = term;
    confirmedNanos = askedNanos;
    notBeforeNanos = moment.nowNanos;
    nextCheckpointNanos = moment.nowNanos + CHECKPOINT_NANOS;
    clock.extendAll(moment.nowNanos, electionTimeoutNanos);
    return effects;
  }

  /** This member does not lead, or not surely. */
  public List<LeaseEffect> follow() {
    leadingTerm = 0;
    round = Round.NONE;
    counting = List.of();
    confirming = false;
    entries.clear();
    underWay = 0;
    large.clear();
    var effects = new ArrayList<LeaseEffect>();
    refuseUnconfirmed(effects);
    for (var waiting : List.of(expiring, resetting)) {
      waiting.values().forEach(asked -> asked.forEach(each -> effects.add(noLeader(each))));
      waiting.clear();
    }
    return effects;
  }

  private void refuseUnconfirmed(List<LeaseEffect> effects) {
    unconfirmed.forEach(asked -> effects.add(noLeader(asked)));
    unconfirmed.clear();
  }

  private static LeaseEffect noLeader(Asked asked) {
    return new LeaseEffect.Reply(asked.loop, asked.number, new Result.Failed(Failure.NO_LEADER));
  }

  /** What the log did to leases, in its order. */
  public List<LeaseEffect> changed(List<LeaseChange> changes, Moment moment) {
    var effects = new ArrayList<LeaseEffect>();
    var expired = 0L;
    for (var change : changes) {
      switch (change) {
        case LeaseChange.Granted granted -> {
          clock.add(granted.id(), granted.ttlSeconds(), 0, moment.nowNanos);
          newestGrantIndex = granted.index();
        }
        case LeaseChange.Revoked revoked -> {
          clock.remove(revoked.id());
          expired += revoked.ranOut() ? 1 : 0;
          answerAll(expiring, revoked.id(), 0, moment, effects);
          answerAll(resetting, revoked.id(), 0, moment, effects);
        }
        case LeaseChange.Checkpointed checkpoint -> {
          clock.checkpoint(checkpoint.id(), checkpoint.remainingSeconds());
          if (checkpoint.remainingSeconds() == 0) {
            var ttl = clock.ttlSeconds(checkpoint.id());
            answerAll(resetting, checkpoint.id(), ttl, moment, effects);
          }
        }
      }
    }
    // In another leader's term that is another leader's to count.
    if (expired > 0 && leadingTerm != 0) {
      effects.add(new LeaseEffect.CountExpired(expired));
    }
    return effects;
  }

  private static void answerAll(
      Map<Long, List<Asked>> waiting,
      long id,
      long ttlSeconds,
      Moment moment,
      List<LeaseEffect> effects) {
    var asked = waiting.remove(id);
    if (asked != null) {
      asked.forEach(each -> effects.add(kept(each, id, ttlSeconds, moment)));
    }
  }

  private static LeaseEffect kept(Asked asked, long id, long ttlSeconds, Moment moment) {
    return new LeaseEffect.Reply(
        asked.loop, asked.number, new Result.LeaseKeepAlive(moment.revision, id, ttlSeconds));
  }

  /** Questions of front ends. */
  public List<LeaseEffect> asked(List<Asked> questions, Moment moment) {
    var effects = new ArrayList<LeaseEffect>(questions.size());
    for (var asked : questions) {
      switch (asked.ask) {
        case LeaseAsk.KeepAlive _, LeaseAsk.TimeToLive _ when leadingTerm == 0 ->
            effects.add(noLeader(asked));
        case LeaseAsk.KeepAlive(var id) -> {
          if (isConfirmedAt(moment.nowNanos)) {
            renew(asked, id, moment, effects);
          } else {
            unconfirmed.add(asked);
            confirm(moment, effects);
          }
        }
        case LeaseAsk.TimeToLive wanted -> effects.add(timeToLive(asked, wanted, moment));
        // Which leases there are any member knows (contract S10.8), and only a leader their order.
        case LeaseAsk.Leases _ ->
            effects.add(
                new LeaseEffect.Reply(
                    asked.loop,
                    asked.number,
                    new Result.LeaseLeases(moment.revision, clock.byExpiry())));
      }
    }
    return effects;
  }

  /** Whether no other leader can have begun so long ago that it knows nothing of a renewal now. */
  private boolean isConfirmedAt(long nowNanos) {
    return nowNanos - confirmedNanos <= electionTimeoutNanos;
  }

  private void confirm(Moment moment, List<LeaseEffect> effects) {
    if (!confirming) {
      confirming = true;
      confirmingNanos = moment.nowNanos;
      effects.add(new LeaseEffect.ConfirmLeadership());
    }
  }

  private void renew(Asked asked, long id, Moment moment, List<LeaseEffect> effects) {
    var ttlSeconds = clock.renew(id, moment.nowNanos);
    if (ttlSeconds == LeaseClock.EXPIRED) {
      expiring.computeIfAbsent(id, _ -> new ArrayList<>()).add(asked);
    } else if (ttlSeconds != LeaseClock.UNKNOWN
        && (clock.hasCheckpoint(id) || isBeingCheckpointed(ttlSeconds))) {
      var first = !resetting.containsKey(id);
      resetting.computeIfAbsent(id, _ -> new ArrayList<>()).add(asked);
      if (first) {
        effects.add(checkpoint(List.of(new Command.LeaseCheckpoint.Remaining(id, 0))));
      }
    } else {
      effects.add(kept(asked, id, ttlSeconds, moment));
    }
  }

  /** Whether a checkpoint may be on its way that knows nothing of a renewal now. */
  private boolean isBeingCheckpointed(long ttlSeconds) {
    return ttlSeconds > CHECKPOINT_LIMIT_SECONDS && (checkpointsUnderWay > 0 || mayBeCheckpointed);
  }

  private LeaseEffect timeToLive(Asked asked, LeaseAsk.TimeToLive wanted, Moment moment) {
    var result =
        new Result.LeaseTimeToLive(
            moment.revision,
            wanted.id(),
            clock.remainingSeconds(wanted.id(), moment.nowNanos),
            clock.ttlSeconds(wanted.id()),
            List.of());
    return wanted.keys() && result.ttlSeconds() >= 0
        ? new LeaseEffect.ReplyWithKeys(asked.loop, asked.number, result)
        : new LeaseEffect.Reply(asked.loop, asked.number, result);
  }

  /** The time of {@link #nextWakeNanos} has come, or some other. */
  public List<LeaseEffect> wake(Moment moment) {
    if (leadingTerm == 0) {
      return List.of();
    }
    if (large.nextNanos() <= moment.nowNanos) {
      var effects = proposeLarge(moment);
      effects.addAll(wakeRound(moment));
      return effects;
    }
    return wakeRound(moment);
  }

  private List<LeaseEffect> wakeRound(Moment moment) {
    if (round != Round.NONE) {
      return entries.isEmpty() ? List.of() : proposeMore(moment);
    }
    if (checkpoints && nextCheckpointNanos <= moment.nowNanos) {
      nextCheckpointNanos = moment.nowNanos + CHECKPOINT_NANOS;
      return checkpoint(moment);
    }
    if (clock.nextDeadlineNanos() <= moment.nowNanos && notBeforeNanos <= moment.nowNanos) {
      round = Round.ASKING;
      var effects = new ArrayList<LeaseEffect>();
      confirm(moment, effects);
      return effects;
    }
    return List.of();
  }

  private List<LeaseEffect> checkpoint(Moment moment) {
    var effects = new ArrayList<LeaseEffect>();
    var batch = new ArrayList<Command.LeaseCheckpoint.Remaining>();
    clock.forEachLongerThan(
        CHECKPOINT_LIMIT_SECONDS,
        moment.nowNanos,
        (id, _, remaining) -> {
          batch.add(new Command.LeaseCheckpoint.Remaining(id, remaining));
          if (batch.size() == MAX_CHECKPOINTS_AN_ENTRY) {
            effects.add(checkpoint(batch));
            batch.clear();
          }
        });
    if (!batch.isEmpty()) {
      effects.add(checkpoint(batch));
    }
    checkpointsUnderWay += effects.size();
    return effects;
  }

  private LeaseEffect checkpoint(List<Command.LeaseCheckpoint.Remaining> leases) {
    return new LeaseEffect.Propose(
        new Command.LeaseCheckpoint(leadingTerm, leases, newestGrantIndex + 1));
  }

  /**
   * The answer to {@link LeaseEffect.ConfirmLeadership}.
   *
   * @param term the term that was confirmed, 0 when none was
   */
  public List<LeaseEffect> confirmed(long term, Moment moment) {
    if (!confirming || leadingTerm == 0) {
      return List.of();
    }
    confirming = false;
    var effects = new ArrayList<LeaseEffect>();
    if (term != leadingTerm) {
      refuseUnconfirmed(effects);
      if (isRoundAsking()) {
        round = Round.NONE;
        notBeforeNanos = moment.nowNanos + RETRY_NANOS;
      }
      return effects;
    }
    confirmedNanos = confirmingNanos;
    var renewals = List.copyOf(unconfirmed);
    unconfirmed.clear();
    effects.addAll(asked(renewals, moment));
    // A round that is further may be under way while renewals are confirmed: it is not touched.
    if (isRoundAsking()) {
      takeExpired(moment, effects);
    }
    return effects;
  }

  private boolean isRoundAsking() {
    return round == Round.ASKING;
  }

  private void takeExpired(Moment moment, List<LeaseEffect> effects) {
    var ids = new ArrayList<Long>();
    for (var id : clock.takeExpired(moment.nowNanos, MAX_IDS_A_ROUND)) {
      ids.add(id);
    }
    if (ids.isEmpty()) {
      round = Round.NONE;
    } else {
      round = Round.COUNTING;
      counting = ids;
      effects.add(new LeaseEffect.CountKeys(ids));
    }
  }

  /** The answer to {@link LeaseEffect.CountKeys}: as many counts as ids. */
  public List<LeaseEffect> counted(List<Long> ids, int[] keyCounts, Moment moment) {
    if (round != Round.COUNTING || !ids.equals(counting)) {
      // Of a round that ended with its term.
      return List.of();
    }
    round = Round.ENDING;
    counting = List.of();
    var batch = new ArrayList<Long>();
    var ends = 0L;
    for (var i = 0; i < keyCounts.length; i++) {
      if (LargeEnds.isLarge(keyCounts[i])) {
        large.add(ids.get(i), keyCounts[i]);
        continue;
      }
      if (!batch.isEmpty() && ends + 1 + keyCounts[i] > MAX_ENDS_AN_ENTRY) {
        entries.add(new Planned(List.copyOf(batch), ends));
        batch.clear();
        ends = 0;
      }
      batch.add(ids.get(i));
      ends += 1 + keyCounts[i];
    }
    if (!batch.isEmpty()) {
      entries.add(new Planned(batch, ends));
    }
    // Those with few keys first: the log waits for nothing behind them.
    var effects = new ArrayList<>(proposeMore(moment));
    effects.addAll(proposeLarge(moment));
    return effects;
  }

  private List<LeaseEffect> proposeLarge(Moment moment) {
    var effects = new ArrayList<LeaseEffect>();
    for (var id : large.takeDue(moment.nowNanos, clock::isTaken)) {
      effects.add(expire(List.of(id)));
    }
    return effects;
  }

  private LeaseEffect expire(List<Long> ids) {
    return new LeaseEffect.Propose(new Command.LeaseExpire(leadingTerm, ids, newestGrantIndex + 1));
  }

  private List<LeaseEffect> proposeMore(Moment moment) {
    var effects = new ArrayList<LeaseEffect>();
    while (underWay < WINDOW && !entries.isEmpty() && pace.isDue(moment.nowNanos)) {
      var next = entries.removeFirst();
      // One that was revoked meanwhile may have been granted anew, and must live its own time.
      var ids = next.ids.stream().filter(clock::isTaken).toList();
      if (!ids.isEmpty()) {
        underWay++;
        pace.went(next.ends);
        effects.add(expire(ids));
      }
    }
    if (underWay == 0 && entries.isEmpty()) {
      round = Round.NONE;
      effects.addAll(wakeRound(moment));
    }
    return effects;
  }

  /** How a proposal went; when it took effect, {@link #changed} has heard of it before. */
  public List<LeaseEffect> proposed(Command command, boolean tookEffect, Moment moment) {
    if (command instanceof Command.LeaseCheckpoint checkpoint) {
      return checkpointed(checkpoint, tookEffect);
    }
    if (!(command instanceof Command.LeaseExpire expire) || expire.term() != leadingTerm) {
      return List.of();
    }
    if (!tookEffect) {
      expire.ids().forEach(clock::putBack);
      notBeforeNanos = moment.nowNanos + RETRY_NANOS;
    }
    if (large.ended(expire.ids())) {
      return wake(moment);
    }
    underWay--;
    return proposeMore(moment);
  }

  private List<LeaseEffect> checkpointed(Command.LeaseCheckpoint checkpoint, boolean tookEffect) {
    if (!isReset(checkpoint)) {
      checkpointsUnderWay--;
    }
    // The log has no entry of before behind this one.
    mayBeCheckpointed = !tookEffect && (mayBeCheckpointed || !isReset(checkpoint));
    // Whoever waited in an earlier term was answered at its end, and now others may wait.
    return tookEffect || checkpoint.term() != leadingTerm ? List.of() : resetFailed(checkpoint);
  }

  /** Whether it takes a checkpoint back, for a renewal. */
  private static boolean isReset(Command.LeaseCheckpoint checkpoint) {
    return checkpoint.leases().getFirst().seconds() == 0;
  }

  private List<LeaseEffect> resetFailed(Command.LeaseCheckpoint checkpoint) {
    var effects = new ArrayList<LeaseEffect>();
    for (var lease : checkpoint.leases()) {
      var asked = lease.seconds() == 0 ? resetting.remove(lease.id()) : null;
      if (asked != null) {
        asked.forEach(
            each ->
                effects.add(
                    new LeaseEffect.Reply(
                        each.loop, each.number, new Result.Failed(Failure.TIMEOUT))));
      }
    }
    return effects;
  }
}
