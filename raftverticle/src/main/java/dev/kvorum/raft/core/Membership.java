package dev.kvorum.raft.core;

import dev.kvorum.raft.core.MembershipChange.Step;
import dev.kvorum.storage.model.Bytes;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * Who takes part. Usually only {@code voters} and {@code learners} have members. Between the two
 * halves of a joint change {@code votersOutgoing} holds the voters of before, and every decision
 * needs a majority of both (Raft paper 6).
 *
 * <p>All lists are in ascending order without duplicates.
 *
 * @param voters the voters; while joint, those of the configuration to come
 * @param votersOutgoing the voters of the configuration to leave; empty unless joint
 * @param learners those who receive the log without a vote
 * @param learnersNext voters of the outgoing half who become learners when the joint phase ends
 * @param autoLeave whether the leader ends the joint phase by itself
 */
public record Membership(
    List<Long> voters,
    List<Long> votersOutgoing,
    List<Long> learners,
    List<Long> learnersNext,
    boolean autoLeave) {
  private static final byte FORMAT = 1;

  /** Nobody: what a member knows before its first snapshot. */
  public static final Membership NOBODY =
      new Membership(List.of(), List.of(), List.of(), List.of(), false);

  public Membership {
    voters = sorted(voters);
    votersOutgoing = sorted(votersOutgoing);
    learners = sorted(learners);
    learnersNext = sorted(learnersNext);
    for (var learner : learners) {
      if (voters.contains(learner) || votersOutgoing.contains(learner)) {
        throw new IllegalArgumentException(learner + " is voter and learner");
      }
    }
    for (var next : learnersNext) {
      if (voters.contains(next) || !votersOutgoing.contains(next)) {
        throw new IllegalArgumentException(next + " is to be a learner but is no outgoing voter");
      }
    }
    if (autoLeave && votersOutgoing.isEmpty()) {
      throw new IllegalArgumentException("only a joint configuration can be left");
    }
  }

  /** A configuration of these voters and nobody else. */
  public static Membership ofVoters(List<Long> voters) {
    return new Membership(voters, List.of(), List.of(), List.of(), false);
  }

  /**
   * The bytes under which a state store keeps it: format (1), autoLeave (1), then the four lists of
   * the record in its order, each as a count (4) and members (8); numbers are big-endian.
   */
  public Bytes encode() {
    var lists = List.of(voters, votersOutgoing, learners, learnersNext);
    var count = lists.stream().mapToInt(List::size).sum();
    var buffer =
        ByteBuffer.allocate(2 + lists.size() * Integer.BYTES + count * Long.BYTES)
            .put(FORMAT)
            .put((byte) (autoLeave ? 1 : 0));
    for (var list : lists) {
      buffer.putInt(list.size());
      list.forEach(buffer::putLong);
    }
    return Bytes.wrap(buffer.array());
  }

  /**
   * Reads what {@link #encode} wrote.
   *
   * @throws IllegalArgumentException if these bytes are no configuration of a known format
   */
  public static Membership decode(Bytes bytes) {
    try {
      var buffer = bytes.asByteBuffer();
      var format = buffer.get();
      if (format != FORMAT) {
        throw new IllegalArgumentException("configuration of unknown format " + format);
      }
      var autoLeave = buffer.get() != 0;
      return new Membership(
          members(buffer), members(buffer), members(buffer), members(buffer), autoLeave);
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("configuration cut short", e);
    }
  }

  private static List<Long> members(ByteBuffer buffer) {
    var count = buffer.getInt();
    if (count < 0 || count > buffer.remaining() / Long.BYTES) {
      throw new IllegalArgumentException("configuration of " + count + " members");
    }
    var members = new ArrayList<Long>(count);
    for (var i = 0; i < count; i++) {
      members.add(buffer.getLong());
    }
    return members;
  }

  private static List<Long> sorted(List<Long> members) {
    return List.copyOf(new TreeSet<>(members));
  }

  public boolean isJoint() {
    return !votersOutgoing.isEmpty();
  }

  /** Whether the member has a vote in either half. */
  public boolean isVoter(long member) {
    return voters.contains(member) || votersOutgoing.contains(member);
  }

  /** Whether the member decides everything alone. */
  public boolean isLoneVoter(long member) {
    return !isJoint() && voters.size() == 1 && voters.contains(member);
  }

  public boolean isLearner(long member) {
    return learners.contains(member);
  }

  /** What a change makes of a configuration. */
  public sealed interface Result {
    record Changed(Membership membership) implements Result {}

    record Refused(String reason) implements Result {}
  }

  /**
   * What the change makes of this configuration. Pure: every member that applies the same change to
   * the same configuration gets the same answer.
   */
  public Result apply(MembershipChange change) {
    if (change.isLeave()) {
      return isJoint()
          ? new Result.Changed(leave())
          : new Result.Refused("no joint configuration to leave");
    }
    if (isJoint()) {
      return new Result.Refused("the joint configuration must be left first");
    }
    var draft = new Draft(this, change.isJoint());
    for (var step : change.steps()) {
      draft.apply(step);
    }
    if (draft.voters.isEmpty()) {
      return new Result.Refused("no voter would be left");
    }
    if (!change.isJoint() && difference(voters, draft.voters) > 1) {
      return new Result.Refused("more than one voter changes without a joint configuration");
    }
    return new Result.Changed(draft.build(change.isJoint() && change.leavesByItself()));
  }

  private Membership leave() {
    var learnersAfter = new TreeSet<>(learners);
    learnersAfter.addAll(learnersNext);
    return new Membership(voters, List.of(), List.copyOf(learnersAfter), List.of(), false);
  }

  private static int difference(List<Long> before, TreeSet<Long> after) {
    var gone = new TreeSet<>(before);
    gone.removeAll(after);
    var come = new TreeSet<>(after);
    come.removeAll(before);
    return gone.size() + come.size();
  }

  /** A configuration while the steps of one change are applied to it. */
  private static final class Draft {
    private final TreeSet<Long> voters;
    private final TreeSet<Long> outgoing;
    private final TreeSet<Long> learners;
    private final TreeSet<Long> learnersNext;

    private Draft(Membership start, boolean joint) {
      voters = new TreeSet<>(start.voters);
      outgoing = joint ? new TreeSet<>(start.voters) : new TreeSet<>();
      learners = new TreeSet<>(start.learners);
      learnersNext = new TreeSet<>(start.learnersNext);
    }

    private void apply(Step step) {
      var member = step.member();
      switch (step.kind()) {
        case ADD_VOTER -> {
          learners.remove(member);
          learnersNext.remove(member);
          voters.add(member);
        }
        case ADD_LEARNER -> {
          if (learners.contains(member) || learnersNext.contains(member)) {
            return;
          }
          voters.remove(member);
          // A voter of the outgoing half keeps its vote until the joint phase ends; were it a
          // learner at once, it would be in both sets and its vote's meaning undecided.
          if (outgoing.contains(member)) {
            learnersNext.add(member);
          } else {
            learners.add(member);
          }
        }
        case REMOVE -> {
          voters.remove(member);
          learners.remove(member);
          learnersNext.remove(member);
        }
      }
    }

    private Membership build(boolean autoLeave) {
      return new Membership(
          List.copyOf(voters),
          List.copyOf(outgoing),
          List.copyOf(learners),
          List.copyOf(learnersNext),
          autoLeave);
    }
  }

  @Override
  public String toString() {
    var text = new StringBuilder("voters=").append(voters);
    if (isJoint()) {
      text.append(" outgoing=").append(votersOutgoing);
    }
    if (!learners.isEmpty()) {
      text.append(" learners=").append(learners);
    }
    if (!learnersNext.isEmpty()) {
      text.append(" learnersNext=").append(learnersNext);
    }
    if (autoLeave) {
      text.append(" autoLeave");
    }
    return text.toString();
  }
}
