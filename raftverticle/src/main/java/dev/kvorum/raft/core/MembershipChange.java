package dev.kvorum.raft.core;

import dev.kvorum.storage.model.Bytes;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * One proposed change of who takes part: the payload of a membership entry. A change without steps
 * leaves a joint configuration.
 *
 * @param steps what to do, in order
 * @param transition how a change of several steps is carried out
 * @param context bytes for the state machine (a member's addresses, say), opaque here
 */
public record MembershipChange(List<Step> steps, Transition transition, Bytes context) {
  private static final byte FORMAT = 1;
  private static final int HEADER_BYTES = 1 + 1 + 4;
  private static final int STEP_BYTES = 1 + 8;

  /** What happens to one member; the numbers are the ones in the log. */
  public enum Kind {
    ADD_VOTER(0),
    ADD_LEARNER(1),
    REMOVE(2);

    private final byte code;

    Kind(int code) {
      this.code = (byte) code;
    }

    private static Kind of(byte code) {
      for (var kind : values()) {
        if (kind.code == code) {
          return kind;
        }
      }
      throw new IllegalArgumentException("membership step of unknown kind " + code);
    }
  }

  /** How to get from one configuration to the next; the numbers are the ones in the log. */
  public enum Transition {
    /** One step at once, several by a joint configuration that the leader leaves by itself. */
    AUTO(0),
    /** Always joint, left by the leader itself. */
    JOINT_IMPLICIT(1),
    /** Always joint, left only when somebody proposes the empty change. */
    JOINT_EXPLICIT(2);

    private final byte code;

    Transition(int code) {
      this.code = (byte) code;
    }

    private static Transition of(byte code) {
      for (var transition : values()) {
        if (transition.code == code) {
          return transition;
        }
      }
      throw new IllegalArgumentException("membership change of unknown transition " + code);
    }
  }

  /**
   * One member's change.
   *
   * @param kind what happens
   * @param member to whom; never 0
   */
  public record Step(Kind kind, long member) {
    public Step {
      if (member == 0) {
        throw new IllegalArgumentException("0 is nobody");
      }
    }
  }

  public MembershipChange {
    steps = List.copyOf(steps);
  }

  /** One step without context. */
  public static MembershipChange of(Kind kind, long member) {
    return new MembershipChange(List.of(new Step(kind, member)), Transition.AUTO, Bytes.EMPTY);
  }

  /** The change that ends a joint phase. */
  public static MembershipChange leave() {
    return new MembershipChange(List.of(), Transition.AUTO, Bytes.EMPTY);
  }

  /** Whether this ends a joint phase. */
  public boolean isLeave() {
    return steps.isEmpty();
  }

  /** Whether this goes through a joint configuration. */
  public boolean isJoint() {
    return !isLeave() && (transition != Transition.AUTO || steps.size() > 1);
  }

  /** Whether the leader ends the joint phase without being asked. */
  public boolean leavesByItself() {
    return transition != Transition.JOINT_EXPLICIT;
  }

  /**
   * The bytes of a membership entry: format (1), transition (1), number of steps (4), for each step
   * kind (1) and member (8), then the context; numbers are big-endian.
   */
  public Bytes encode() {
    var buffer =
        ByteBuffer.allocate(HEADER_BYTES + steps.size() * STEP_BYTES + context.size())
            .put(FORMAT)
            .put(transition.code)
            .putInt(steps.size());
    for (var step : steps) {
      buffer.put(step.kind().code).putLong(step.member());
    }
    context.copyTo(buffer.array(), buffer.position());
    return Bytes.wrap(buffer.array());
  }

  /**
   * Reads what {@link #encode} wrote.
   *
   * @throws IllegalArgumentException if these bytes are no change of a known format
   */
  public static MembershipChange decode(Bytes payload) {
    try {
      var buffer = payload.asByteBuffer();
      var format = buffer.get();
      if (format != FORMAT) {
        throw new IllegalArgumentException("membership change of unknown format " + format);
      }
      var transition = Transition.of(buffer.get());
      var count = buffer.getInt();
      if (count < 0 || count > buffer.remaining() / STEP_BYTES) {
        throw new IllegalArgumentException("membership change with " + count + " steps");
      }
      var steps = new ArrayList<Step>(count);
      for (var i = 0; i < count; i++) {
        steps.add(new Step(Kind.of(buffer.get()), buffer.getLong()));
      }
      var context = payload.slice(HEADER_BYTES + count * STEP_BYTES, payload.size());
      return new MembershipChange(steps, transition, context);
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("membership change cut short", e);
    }
  }
}
