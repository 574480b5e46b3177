package dev.kvorum.raft.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.raft.core.MembershipChange.Kind;
import dev.kvorum.raft.core.MembershipChange.Step;
import dev.kvorum.raft.core.MembershipChange.Transition;
import dev.kvorum.storage.model.Bytes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Configurations and their changes, by example and against rules that must always hold. */
class MembershipTest {
  private static final Membership THREE = Membership.ofVoters(List.of(1L, 2L, 3L));

  private static MembershipChange change(Transition transition, Step... steps) {
    return new MembershipChange(List.of(steps), transition, Bytes.EMPTY);
  }

  private static Membership changed(Membership before, MembershipChange change) {
    assertThat(before.apply(change)).isInstanceOf(Membership.Result.Changed.class);
    return ((Membership.Result.Changed) before.apply(change)).membership();
  }

  @Test
  void oneStepChangesDirectly() {
    assertThat(changed(THREE, MembershipChange.of(Kind.ADD_VOTER, 4)).voters())
        .containsExactly(1L, 2L, 3L, 4L);
    assertThat(changed(THREE, MembershipChange.of(Kind.REMOVE, 3)).voters())
        .containsExactly(1L, 2L);
    assertThat(changed(THREE, MembershipChange.of(Kind.ADD_LEARNER, 4)).learners())
        .containsExactly(4L);
  }

  @Test
  void severalStepsGoThroughAJointConfiguration() {
    var joint =
        changed(
            THREE, change(Transition.AUTO, new Step(Kind.REMOVE, 1), new Step(Kind.ADD_VOTER, 4)));
    assertThat(joint.toString()).isEqualTo("voters=[2, 3, 4] outgoing=[1, 2, 3] autoLeave");
    assertThat(changed(joint, MembershipChange.leave()).toString()).isEqualTo("voters=[2, 3, 4]");
  }

  @Test
  void anExplicitJointConfigurationIsNotLeftByItself() {
    var joint = changed(THREE, change(Transition.JOINT_EXPLICIT, new Step(Kind.ADD_VOTER, 4)));
    assertThat(joint.isJoint()).isTrue();
    assertThat(joint.autoLeave()).isFalse();
  }

  @Test
  void aVoterThatIsToBeALearnerKeepsItsOldVoteWhileJoint() {
    var joint = changed(THREE, change(Transition.JOINT_EXPLICIT, new Step(Kind.ADD_LEARNER, 3)));
    assertThat(joint.isVoter(3)).isTrue();
    assertThat(joint.learnersNext()).containsExactly(3L);
    var after = changed(joint, MembershipChange.leave());
    assertThat(after.isVoter(3)).isFalse();
    assertThat(after.learners()).containsExactly(3L);
  }

  @Test
  void changesThatMakeNoSenseAreRefused() {
    var joint = changed(THREE, change(Transition.JOINT_EXPLICIT, new Step(Kind.ADD_VOTER, 4)));
    for (var each :
        List.of(
            THREE.apply(MembershipChange.leave()),
            joint.apply(MembershipChange.of(Kind.ADD_VOTER, 5)),
            Membership.ofVoters(List.of(1L)).apply(MembershipChange.of(Kind.REMOVE, 1)))) {
      assertThat(each).isInstanceOf(Membership.Result.Refused.class);
    }
  }

  @Test
  void anySequenceOfChangesKeepsTheSetsApartAndLeavesAVoter() {
    var kinds = Kind.values();
    var transitions = Transition.values();
    for (var seed = 0; seed < 200; seed++) {
      var random = new RandomNumbers(seed);
      var membership = THREE;
      for (var i = 0; i < 100; i++) {
        var steps = new ArrayList<Step>();
        for (var count = random.below(4); count > 0; count--) {
          steps.add(new Step(kinds[random.below(3)], 1 + random.below(6)));
        }
        var change = new MembershipChange(steps, transitions[random.below(3)], Bytes.EMPTY);
        if (membership.apply(change) instanceof Membership.Result.Changed(var after)) {
          // The record's own constructor keeps voters and learners apart.
          assertThat(after.voters()).as("seed %d", seed).isNotEmpty();
          if (!after.isJoint() && !membership.isJoint()) {
            var common = new HashSet<>(after.voters());
            common.retainAll(membership.voters());
            assertThat(after.voters().size() + membership.voters().size() - 2 * common.size())
                .as("a direct change moves one voter at most, seed %d", seed)
                .isLessThanOrEqualTo(1);
          }
          membership = after;
        }
      }
    }
  }

  @Test
  void aChangeSurvivesItsEncoding() {
    for (var transition : Transition.values()) {
      var change =
          new MembershipChange(
              List.of(
                  new Step(Kind.ADD_VOTER, 0x8e9e05c52164694dL),
                  new Step(Kind.ADD_LEARNER, 2),
                  new Step(Kind.REMOVE, 3)),
              transition,
              Bytes.utf8("http://localhost:2380"));
      assertThat(MembershipChange.decode(change.encode())).isEqualTo(change);
    }
    assertThat(MembershipChange.decode(MembershipChange.leave().encode()))
        .isEqualTo(MembershipChange.leave());
  }

  @Test
  void theEncodingIsFixed() {
    // On disk and on the wire; a change of this text is a new format.
    assertThat(
            change(Transition.JOINT_IMPLICIT, new Step(Kind.REMOVE, 0x0102030405060708L))
                .encode()
                .toHex())
        .isEqualTo("01" + "01" + "00000001" + "02" + "0102030405060708");
  }

  @Test
  void bytesThatAreNoChangeAreRefused() {
    for (var digits :
        List.of("", "01", "02000000000", "010000000001", "0103ffffffff", "01007fffffff")) {
      var bytes = Bytes.hex(digits.length() % 2 == 0 ? digits : digits + "0");
      assertThatThrownBy(() -> MembershipChange.decode(bytes))
          .as(digits)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
