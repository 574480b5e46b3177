package dev.kvorum.raft.core;

import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.vote.Claim;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.StateHash;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A whole cluster driven by one seed: messages are lost, doubled and reordered, disks are late,
 * members crash, lose what was not synced and come back, networks part, the configuration changes,
 * logs are compacted, disks forget. Each seed draws which of these happen, and how often.
 */
final class RandomCluster {
  private static final int STORY_LINES = 400;
  private static final int HASHED_EVERY = 8;

  /** What travels. */
  private sealed interface Packet {
    record Letter(Message message) implements Packet {}

    record Parcel(long from, long to, long term, StoreState snapshot) implements Packet {}
  }

  private final RandomNumbers random;
  private final Map<Long, TestMember> members = new TreeMap<>();
  private final List<TestMember> list = new ArrayList<>();
  private final List<Packet> network = new ArrayList<>();
  private final boolean[][] cut = new boolean[16][16];
  private final ArrayDeque<Object[]> story = new ArrayDeque<>();

  private final Truth truth = new Truth();
  private long nextValue = 1;

  /** Somebody found that a quorum lost the end of the log (rule P7). */
  private boolean tailLost;

  private boolean anyWasWrong;

  private final Weather weather;

  // What happened, so that a run can show that it tested something.
  long elections;
  long snapshots;
  long changes;
  long crashes;
  long damages;
  long readsServed;
  long entryReads;
  long transfers;
  long overwrites;
  long claimsLowered;
  long tailsLost;
  long divergences;
  long slowDisks;

  RandomCluster(long seed) {
    random = new RandomNumbers(seed);
    weather = Weather.draw(random);
    var voters = new ArrayList<Long>();
    var size = 1 + random.below(5);
    for (var id = 1L; id <= size; id++) {
      voters.add(id);
    }
    for (var id = 1L; id <= (weather.changePerMille() > 0 ? 7 : size); id++) {
      var config = weather.config(id, seed);
      var member =
          new TestMember(
              config, voters.contains(id) ? RaftBoot.founder(voters) : RaftBoot.joiner());
      members.put(id, member);
      list.add(member);
    }
    for (var member : list) {
      observe(member, member.start());
    }
  }

  private boolean perMille(int chance) {
    return random.below(1000) < chance;
  }

  private boolean percent(int chance) {
    return random.below(100) < chance;
  }

  private TestMember anyMember() {
    return list.get(random.below(list.size()));
  }

  /** Remembers what happened; made into text only when somebody wants to read it. */
  private void tell(Object... line) {
    story.addLast(line);
    if (story.size() > STORY_LINES) {
      story.removeFirst();
    }
  }

  /** The last things that happened. */
  String story() {
    var text = new StringBuilder();
    for (var line : story) {
      for (var part : line) {
        text.append(part);
      }
      text.append('\n');
    }
    list.forEach(member -> text.append(member).append('\n'));
    return text.toString();
  }

  // Chaos.

  void chaos(int steps) {
    for (var i = 0; i < steps; i++) {
      var member = anyMember();
      if (!member.up) {
        if (percent(weather.restartPercent())) {
          restart(member);
        }
        continue;
      }
      disturb(member);
      if (member.up) {
        act(member);
      }
      if (member.up && member.spent) {
        crash(member);
      }
      if (!network.isEmpty() && percent(85)) {
        deliver(random.below(Math.min(network.size(), 40)));
      }
    }
  }

  private void disturb(TestMember member) {
    if (perMille(weather.crashPerMille())) {
      crash(member);
    } else if (perMille(weather.partitionPerMille())) {
      partition();
    } else if (perMille(weather.transferPerMille())) {
      transfers++;
      step(member, new RaftEvent.TransferLeadership(anyMember().id));
    } else if (perMille(weather.changePerMille())) {
      propose(member, new RaftEvent.ChangeMembership(anyChange()));
    } else if (perMille(weather.compactPerMille())) {
      var states = member.states;
      member.compact(states.get(random.below(states.size())));
    } else if (perMille(weather.leaderTroublePerMille())) {
      troubleLeaders();
    } else if (perMille(weather.divergePerMille())) {
      if (list.stream().noneMatch(each -> each.wrong)) {
        member.wrong = true;
        anyWasWrong = true;
      }
    } else if (perMille(weather.unreadablePerMille())) {
      step(member, new RaftEvent.JournalUnreadable(member.core.lastEntry().index()));
    } else if (perMille(1)) {
      step(member, new RaftEvent.ForgetLeader());
    } else if (perMille(weather.campaignPerMille())) {
      step(member, new RaftEvent.Campaign());
      // Two candidates of one term: every vote that is given twice shows.
      var rival = anyMember();
      if (rival.up && percent(50)) {
        step(rival, new RaftEvent.Campaign());
      }
    } else if (perMille(3)) {
      step(member, new RaftEvent.Unreachable(anyMember().id));
    }
  }

  private MembershipChange anyChange() {
    if (random.below(5) == 0) {
      return MembershipChange.leave();
    }
    var steps = new ArrayList<MembershipChange.Step>();
    var count = 1 + (random.below(2) == 0 ? random.below(5) : 0);
    var kinds = MembershipChange.Kind.values();
    for (var i = 0; i < count; i++) {
      steps.add(
          new MembershipChange.Step(
              kinds[random.below(kinds.length)], 1 + random.below(list.size())));
    }
    var transitions = MembershipChange.Transition.values();
    return new MembershipChange(
        steps,
        random.below(2) == 0
            ? MembershipChange.Transition.AUTO
            : transitions[random.below(transitions.length)],
        Bytes.EMPTY);
  }

  private void act(TestMember member) {
    switch (random.below(10)) {
      case 0, 1 -> {
        if (percent(50)) {
          step(member, new RaftEvent.Tick());
        }
      }
      case 2 -> {
        if (percent(40)) {
          var commands = new ArrayList<Bytes>();
          for (var i = random.below(4); i >= 0; i--) {
            commands.add(Bytes.utf8("value" + nextValue++));
          }
          propose(member, new RaftEvent.Propose(commands));
        }
      }
      case 3 -> {
        if (percent(30)) {
          step(member, new RaftEvent.ReadRequest(truth.asks(member)));
        }
      }
      case 4, 5, 6 -> {
        if (!member.disk.pending.isEmpty() && !percent(weather.diskDelayPercent())) {
          persist(member);
        }
      }
      case 7, 8 -> {
        if (!member.toApply.isEmpty() && !percent(weather.applyDelayPercent())) {
          apply(member);
        }
      }
      default -> {
        if (!member.reads.isEmpty()) {
          entryReads++;
          observe(member, member.readOne());
        }
      }
    }
  }

  private void propose(TestMember member, RaftEvent event) {
    var outcome = step(member, event);
    var result = outcome.proposal();
    if (result == null) {
      throw new AssertionError("no answer to a proposal");
    }
    if (event instanceof RaftEvent.ChangeMembership && result instanceof ProposalResult.Accepted) {
      changes++;
    }
  }

  private void persist(TestMember member) {
    if (member.disk.pending.getFirst().snapshot() != null) {
      snapshots++;
    }
    tell(member.id, " persisted ", member.disk.pending.getFirst());
    observe(member, member.persistOne());
  }

  private void apply(TestMember member) {
    observe(member, member.applyOne());
    var state = member.state();
    truth.applies(state);
    if (state.position().index() % HASHED_EVERY == 0 || percent(2)) {
      var hash =
          new StateHash(state.position().index(), member.wrong ? member.id : 0, state.hash());
      step(member, new RaftEvent.StateHashed(hash));
    }
  }

  private Outcome step(TestMember member, RaftEvent event) {
    tell(member.id, " <- ", event);
    return observe(member, member.step(event));
  }

  // Crashes.

  private void crash(TestMember member) {
    crashes++;
    var whole = random.below(member.disk.pending.size() + 1);
    var acknowledged = member.disk.lastIndex();
    member.crash(whole, random.below(3));
    tell(member.id, " crashed after ", whole, " writes: ", member.disk.hardState);
    if (percent(weather.damagePercent())
        && (weather.manyDamaged() || list.stream().allMatch(o -> o == member || isSound(o)))) {
      damage(member, acknowledged);
    }
  }

  private static boolean isSound(TestMember member) {
    return member.core.claim() instanceof Claim.Sound && member.disk.claim instanceof Claim.Sound;
  }

  /** The disk loses a durable suffix of the log, and notices at boot. */
  private void damage(TestMember member, long acknowledged) {
    var disk = member.disk;
    if (disk.log.isEmpty() || list.size() < 3) {
      return;
    }
    damages++;
    var lastWas = Math.min(acknowledged, disk.lastIndex());
    var claim =
        lastWas > disk.base.position().index()
            ? EntryId.of(disk.get(lastWas))
            : disk.base.position();
    var last = EntryId.of(disk.log.getLast());
    claim = claim.compareTo(last) >= 0 ? claim : last;
    disk.truncateTo(disk.base.position().index() + random.below(disk.log.size()));
    disk.claim =
        disk.claim.and(random.below(3) == 0 ? new Claim.Unknown() : new Claim.Reached(claim));
    disk.hardState =
        new HardState(
            disk.hardState.term(),
            disk.hardState.vote(),
            Math.min(disk.hardState.commit(), disk.lastIndex()));
    tell(member.id, " damaged: ", disk.claim, " left ", disk.lastIndex());
  }

  private void restart(TestMember member) {
    var choices =
        member.states.stream()
            .filter(
                state ->
                    state.position().index() >= member.disk.base.position().index()
                        && state.position().index() <= member.disk.lastIndex())
            .toList();
    var state = choices.get(random.below(choices.size()));
    var tail = random.below(2) == 0 ? Integer.MAX_VALUE : random.below(10);
    tell(member.id, " restarts at ", state.position());
    observe(member, member.start(state, tail, TestMember.ClaimFound.NONE));
  }

  private void partition() {
    for (var row : cut) {
      java.util.Arrays.fill(row, false);
    }
    switch (random.below(5)) {
      case 0 -> {}
      case 4 -> cutLeadersOff();
      case 1 -> {
        var alone = (int) anyMember().id;
        for (var other = 0; other < cut.length; other++) {
          cut[alone][other] = true;
          cut[other][alone] = random.below(4) != 0;
        }
      }
      case 2 -> {
        for (var from = 0; from < cut.length; from++) {
          for (var to = 0; to < cut.length; to++) {
            cut[from][to] = from % 2 != to % 2;
          }
        }
      }
      default -> {
        for (var row : cut) {
          for (var to = 0; to < row.length; to++) {
            row[to] = random.below(3) == 0;
          }
        }
      }
    }
  }

  /** Leaders come and go before their entries are everywhere. */
  private void troubleLeaders() {
    switch (random.below(3)) {
      case 0 -> cutLeadersOff();
      case 1 -> {
        for (var row : cut) {
          java.util.Arrays.fill(row, false);
        }
      }
      default -> {
        for (var member : list) {
          if (member.up && member.core.role() == Role.LEADER) {
            crash(member);
          }
        }
      }
    }
  }

  /** Whoever leads speaks to one other member only: its entries are on few disks (figure 8). */
  private void cutLeadersOff() {
    var friend = (int) anyMember().id;
    for (var member : list) {
      if (member.up && member.core.role() == Role.LEADER) {
        for (var other = 0; other < cut.length; other++) {
          var isCut = other != friend;
          cut[(int) member.id][other] = isCut;
          cut[other][(int) member.id] = isCut;
        }
      }
    }
  }

  // The network.

  private void deliver(int place) {
    // Swapping with the last keeps removal cheap; the order is random anyway.
    var packet = network.get(place);
    if (!perMille(weather.doublePerMille())) {
      network.set(place, network.getLast());
      network.removeLast();
    }
    switch (packet) {
      case Packet.Letter(var message) -> {
        var to = members.get(message.to());
        if (to != null && to.up && !cut[(int) message.from()][(int) message.to()]) {
          step(to, new RaftEvent.Receive(message));
        }
      }
      case Packet.Parcel(var from, var to, var term, var snapshot) -> {
        var receiver = members.get(to);
        var sender = members.get(from);
        var arrives =
            receiver != null
                && receiver.up
                && !cut[(int) from][(int) to]
                && !perMille(weather.dropPerMille());
        if (arrives && receiver != null) {
          tell(to, " gets snapshot ", snapshot.position());
          observe(receiver, receiver.receiveSnapshot(from, term, snapshot));
        }
        if (sender != null && sender.up) {
          step(sender, new RaftEvent.SnapshotReported(to, snapshot.position().index(), arrives));
        }
      }
    }
  }

  // Judgement.

  private Outcome observe(TestMember member, Outcome outcome) {
    for (var happening : outcome.trace()) {
      tell("    ", member.id, ": ", happening);
      switch (happening) {
        case TraceRecord.RoleChanged(var role, var term, _) when role == Role.LEADER -> {
          elections++;
          truth.leads(member, term);
        }
        case TraceRecord.LogOverwritten _ -> overwrites++;
        case TraceRecord.ClaimChanged(_, var reason) when reason.contains("ever committed") ->
            claimsLowered++;
        case TraceRecord.DiskPaceChanged _ -> slowDisks++;
        default -> {}
      }
    }
    for (var entry : outcome.committed()) {
      truth.commits(entry);
    }
    var commit = member.core.commitIndex();
    var leads = member.core.role() == Role.LEADER ? member.core.term() : 0;
    // An acknowledgement that a disk has forgotten is counted until the leader finds out.
    if (leads != 0 && leads == member.seenLeading && commit > member.seenCommit && damages == 0) {
      Truth.leaderCommits(member, list);
    }
    member.seenCommit = commit;
    member.seenLeading = leads;
    for (var finding : outcome.findings()) {
      judge(member, finding);
    }
    for (var message : member.outbox) {
      tell("    ", member.id, " -> ", message);
      if (!perMille(weather.dropPerMille())) {
        network.add(new Packet.Letter(message));
      }
    }
    member.outbox.clear();
    for (var request : member.snapshotRequests) {
      network.add(new Packet.Parcel(member.id, request.peer(), request.term(), member.state()));
    }
    member.snapshotRequests.clear();
    for (var ready : member.readReady) {
      truth.answers(member, ready);
      readsServed++;
    }
    member.readReady.clear();
    if (network.size() > 2000) {
      network.subList(0, 1000).clear();
    }
    return outcome;
  }

  private void judge(TestMember member, Finding finding) {
    tell("    ", member.id, ": ", finding);
    switch (finding) {
      case Finding.TailLost _ -> {
        tailsLost++;
        tailLost = true;
        if (!weather.manyDamaged()) {
          throw new AssertionError("one damaged member is no reason to stop: " + finding);
        }
      }
      case Finding.StateDiverged _ -> {
        divergences++;
        member.spent = true;
        if (!member.wrong) {
          throw new AssertionError("an innocent member was found wrong: " + member.id);
        }
      }
      case Finding.NoMajority _ -> {
        // Who was wrong may have been rebuilt meanwhile; its old answer is still counted.
        if (!anyWasWrong) {
          throw new AssertionError("nobody is wrong, but " + finding);
        }
      }
      case Finding.JournalUnreadable _ -> member.spent = true;
    }
  }

  // Peace.

  /** Heals everything and expects the cluster to agree within a bounded time. */
  void heal() {
    for (var one : list) {
      list.forEach(other -> Truth.logsMatch(one.disk, other.disk));
    }
    for (var row : cut) {
      java.util.Arrays.fill(row, false);
    }
    for (var member : list) {
      if (!member.up) {
        restart(member);
      }
    }
    var goal = -1L;
    for (var round = 0; round < 600; round++) {
      settle();
      if (isSettled() && goal < 0 && proposeAnywhere()) {
        goal = truth.highestCommitted();
      } else if (isSettled() && goal >= 0) {
        return;
      }
      for (var member : list) {
        step(member, new RaftEvent.Tick());
        sendAwayIfRemoved(member);
        if (member.spent) {
          crash(member);
          restart(member);
        }
      }
    }
    if (!tailLost) {
      throw new AssertionError("no agreement in time");
    }
  }

  /** Where the rule is that a removed leader leads on, an operator has to move the leadership. */
  private void sendAwayIfRemoved(TestMember member) {
    var membership = member.core.membership();
    if (member.core.role() == Role.LEADER && !membership.isVoter(member.id)) {
      step(member, new RaftEvent.TransferLeadership(membership.voters().getFirst()));
    }
  }

  private void settle() {
    for (var i = 0; i < 5000; i++) {
      var quiet = network.isEmpty();
      for (var delivered = 0; !network.isEmpty(); delivered++) {
        if (delivered > 100_000) {
          throw new AssertionError("the members never stop talking");
        }
        deliver(0);
      }
      for (var member : list) {
        while (!member.disk.pending.isEmpty()) {
          quiet = false;
          persist(member);
        }
        while (!member.reads.isEmpty()) {
          quiet = false;
          observe(member, member.readOne());
        }
        while (!member.toApply.isEmpty()) {
          quiet = false;
          apply(member);
        }
      }
      if (quiet) {
        return;
      }
    }
    throw new AssertionError("never quiet");
  }

  private boolean proposeAnywhere() {
    for (var member : list) {
      if (member.core.role() == Role.LEADER
          && step(member, new RaftEvent.Propose(List.of(Bytes.utf8("last")))).proposal()
              instanceof ProposalResult.Accepted) {
        return true;
      }
    }
    return false;
  }

  /** Whether a leader and all members of its configuration have the same state. */
  private boolean isSettled() {
    for (var leader : list) {
      if (leader.core.role() != Role.LEADER
          || leader.core.commitIndex() != leader.core.lastEntry().index()) {
        continue;
      }
      var membership = leader.core.membership();
      var same = true;
      for (var member : list) {
        if (membership.isVoter(member.id) || membership.isLearner(member.id)) {
          same &= member.state().equals(leader.state()) && member.core.leader() == leader.id;
        }
      }
      if (same && !membership.autoLeave()) {
        return true;
      }
    }
    return false;
  }
}
