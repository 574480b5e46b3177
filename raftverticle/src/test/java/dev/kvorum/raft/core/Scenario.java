package dev.kvorum.raft.core;

import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.vote.Claim;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.StateHash;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Plays a scenario file: a story, commands, and under each command exactly what happened.
 *
 * <pre>
 *   # a comment
 *   > command arguments
 *   what happened
 * </pre>
 *
 * <p>Nothing happens by itself: messages wait in the network, writes wait for the disk, entries
 * wait to be applied, until a command moves them. The commands are listed in {@code docs/raft.md}.
 */
final class Scenario {
  private final Map<Long, TestMember> members = new TreeMap<>();
  private final List<Message> network = new ArrayList<>();
  private final List<Parcel> parcels = new ArrayList<>();
  private final TreeSet<String> cut = new TreeSet<>();
  private List<String> out = new ArrayList<>();

  /** A snapshot on its way. */
  private record Parcel(long from, long to, long term, StoreState snapshot, boolean arrived) {}

  /** The file with everything that happens now in place of what was there. */
  static String play(String file) {
    var scenario = new Scenario();
    var result = new StringBuilder();
    var lines = file.lines().toList();
    for (var i = 0; i < lines.size(); i++) {
      var line = lines.get(i);
      if (line.startsWith("> ")) {
        result.append(line).append('\n');
        scenario.out = new ArrayList<>();
        try {
          scenario.run(line.substring(2).trim().split(" +", -1));
        } catch (RuntimeException e) {
          throw new IllegalArgumentException(result + "... " + e, e);
        }
        scenario.out.forEach(happened -> result.append(happened).append('\n'));
      } else if (line.isBlank() || line.startsWith("#")) {
        result.append(line).append('\n');
      }
    }
    return result.toString();
  }

  private void run(String[] words) {
    var arguments = Arrays.asList(words).subList(1, words.length);
    switch (words[0]) {
      case "members" -> found(arguments);
      case "boot" -> boot(arguments);
      case "joiner" -> join(arguments);
      case "quietly" -> quietly(words);
      case "tick" -> {
        for (var i = count(arguments, 1); i > 0; i--) {
          step(member(arguments), new RaftEvent.Tick());
        }
      }
      case "campaign" -> step(member(arguments), new RaftEvent.Campaign());
      case "forget-leader" -> step(member(arguments), new RaftEvent.ForgetLeader());
      case "propose" ->
          step(
              member(arguments),
              new RaftEvent.Propose(
                  arguments.subList(1, arguments.size()).stream().map(Bytes::utf8).toList()));
      case "change" ->
          step(
              member(arguments),
              new RaftEvent.ChangeMembership(
                  ScenarioWords.change(arguments.subList(1, arguments.size()))));
      case "state-hash" ->
          step(
              member(arguments),
              new RaftEvent.StateHashed(
                  new StateHash(
                      Long.parseLong(arguments.get(1)), 0, Long.parseLong(arguments.get(2)))));
      case "read" ->
          step(member(arguments), new RaftEvent.ReadRequest(Long.parseLong(arguments.get(1))));
      case "transfer" ->
          step(
              member(arguments),
              new RaftEvent.TransferLeadership(Long.parseLong(arguments.get(1))));
      case "unreadable" ->
          step(
              member(arguments), new RaftEvent.JournalUnreadable(Long.parseLong(arguments.get(1))));
      case "unreachable" ->
          step(member(arguments), new RaftEvent.Unreachable(Long.parseLong(arguments.get(1))));
      case "deliver" -> take(arguments).forEach(this::deliver);
      case "deliver-again" -> {
        var messages = take(arguments);
        network.addAll(0, messages);
        messages.forEach(this::deliver);
      }
      case "drop" -> take(arguments).forEach(message -> tell(message.from(), "loses", message));
      case "persist" -> {
        for (var i = count(arguments, 1); i > 0; i--) {
          observe(member(arguments), member(arguments).persistOne());
        }
      }
      case "apply" -> {
        for (var i = count(arguments, 1); i > 0; i--) {
          apply(member(arguments));
        }
      }
      case "answer-read" -> observe(member(arguments), member(arguments).readOne());
      case "work" -> work(member(arguments));
      case "settle" -> settle(arguments.stream().map(Long::valueOf).toList());
      case "cut" -> cut.add(arguments.getFirst());
      case "heal" -> cut.clear();
      case "compact" -> {
        var member = member(arguments);
        var index = Long.parseLong(arguments.get(1));
        member.compact(
            member.states.stream()
                .filter(state -> state.position().index() == index)
                .findFirst()
                .orElseThrow());
      }
      case "snapshot" -> parcel(arguments.getFirst(), true, true);
      case "snapshot-arrives" -> parcel(arguments.getFirst(), true, false);
      case "snapshot-reported" -> parcel(arguments.getFirst(), false, true);
      case "lose-snapshot" -> parcel(arguments.getFirst(), false, true);
      case "inject" -> deliver(ScenarioWords.append(arguments));
      case "crash" -> member(arguments).crash(count(arguments, 0), 0);
      case "restart" -> restart(arguments);
      case "status" -> status();
      case "progress" ->
          member(arguments)
              .core
              .progress()
              .forEach(progress -> out.add("  " + progress.toString().toLowerCase(Locale.ROOT)));
      case "log" -> log(member(arguments));
      default -> throw new IllegalArgumentException("no such command");
    }
  }

  // Arguments.

  private TestMember member(List<String> arguments) {
    return member(Long.parseLong(arguments.getFirst()));
  }

  private TestMember member(long id) {
    var member = members.get(id);
    if (member == null) {
      throw new IllegalArgumentException("no member " + id);
    }
    return member;
  }

  private static int count(List<String> arguments, int ifAbsent) {
    return arguments.size() > 1 ? Integer.parseInt(arguments.get(1)) : ifAbsent;
  }

  // Members.

  private void found(List<String> words) {
    var voters = new ArrayList<Long>();
    var learners = new ArrayList<Long>();
    for (var word : words) {
      if (word.startsWith("l")) {
        learners.add(Long.parseLong(word.substring(1)));
      } else if (!word.contains("=")) {
        voters.add(Long.parseLong(word));
      }
    }
    var membership = new Membership(voters, List.of(), learners, List.of(), false);
    var all = new TreeSet<>(voters);
    all.addAll(learners);
    for (var id : all) {
      var founder = RaftBoot.founder(voters);
      var boot =
          new RaftBoot(
              1,
              founder.hardState(),
              founder.log(),
              membership,
              founder.applied(),
              new Claim.Sound());
      begin(new TestMember(ScenarioWords.config(id, words), boot));
    }
  }

  /** A member with a past: its log, one term for each entry after the first position 1/1. */
  private void boot(List<String> words) {
    var id = Long.parseLong(words.getFirst());
    var voters = new ArrayList<Long>();
    var entries = new ArrayList<Entry>();
    var term = 1L;
    var commit = 1L;
    for (var word : words.subList(1, words.size())) {
      var parts = word.split("=", -1);
      switch (parts[0]) {
        case "voters" ->
            Arrays.stream(parts[1].split(",", -1)).map(Long::valueOf).forEach(voters::add);
        case "log" -> {
          for (var each : parts[1].split(",", -1)) {
            term = Long.parseLong(each);
            entries.add(
                new Entry(term, entries.size() + 2, Entry.Type.COMMAND, Bytes.utf8("t" + term)));
          }
        }
        case "term" -> term = Long.parseLong(parts[1]);
        case "commit" -> commit = Long.parseLong(parts[1]);
        default -> {}
      }
    }
    var boot =
        new RaftBoot(
            1,
            new HardState(term, 0, commit),
            DurableLog.of(RaftBoot.BIRTH, entries),
            Membership.ofVoters(voters),
            RaftBoot.BIRTH.index(),
            new Claim.Sound());
    begin(
        new TestMember(
            ScenarioWords.config(
                id, words.stream().filter(word -> word.startsWith("rules")).toList()),
            boot));
  }

  private void join(List<String> words) {
    begin(
        new TestMember(
            ScenarioWords.config(Long.parseLong(words.getFirst()), words), RaftBoot.joiner()));
  }

  private void begin(TestMember member) {
    members.put(member.id, member);
    observe(member, member.start());
  }

  private void restart(List<String> words) {
    var member = member(words);
    Claim found = new Claim.Sound();
    for (var word : words.subList(1, words.size())) {
      var parts = word.split("=", -1);
      switch (parts[0]) {
        case "keep" -> member.disk.truncateTo(Long.parseLong(parts[1]));
        case "claim" -> {
          found =
              parts[1].equals("unknown")
                  ? new Claim.Unknown()
                  : new Claim.Reached(ScenarioWords.position(parts[1]));
        }
        case "commit" ->
            member.disk.hardState =
                new HardState(
                    member.disk.hardState.term(),
                    member.disk.hardState.vote(),
                    Long.parseLong(parts[1]));
        default -> throw new IllegalArgumentException(word);
      }
    }
    var state =
        member.states.stream()
            .filter(each -> each.position().index() <= member.disk.lastIndex())
            .toList()
            .getLast();
    var kept = member.disk.hardState;
    var explicit = words.stream().anyMatch(word -> word.startsWith("commit="));
    if (!explicit) {
      member.disk.hardState =
          new HardState(kept.term(), kept.vote(), Math.min(kept.commit(), member.disk.lastIndex()));
    }
    observe(member, member.start(state, Integer.MAX_VALUE, new TestMember.ClaimFound(found)));
  }

  // What happens.

  private void step(TestMember member, RaftEvent event) {
    observe(member, member.step(event));
  }

  private void observe(TestMember member, Outcome outcome) {
    for (var happening : outcome.trace()) {
      tell(member.id, ScenarioText.trace(happening));
    }
    for (var finding : outcome.findings()) {
      tell(member.id, "finds: " + finding.message());
    }
    var proposal = outcome.proposal();
    if (proposal != null) {
      tell(member.id, ScenarioText.proposal(proposal));
    }
    var persist = outcome.persist();
    if (persist != null) {
      tell(member.id, ScenarioText.persist(persist));
    }
    for (var message : member.outbox) {
      out.add("  " + ScenarioText.message(message));
      if (!isCut(message.from(), message.to())) {
        network.add(message);
      }
    }
    member.outbox.clear();
    for (var read : outcome.entryReads()) {
      tell(
          member.id,
          "reads entries %d to %d for %d".formatted(read.from(), read.to(), read.reader()));
    }
    for (var request : member.snapshotRequests) {
      tell(member.id, "sends a snapshot to " + request.peer());
      parcels.add(new Parcel(member.id, request.peer(), request.term(), member.state(), false));
    }
    member.snapshotRequests.clear();
    for (var ready : member.readReady) {
      tell(member.id, "may read %d at %d".formatted(ready.token(), ready.index()));
    }
    member.readReady.clear();
    if (!outcome.committed().isEmpty()) {
      tell(
          member.id,
          "hands out "
              + String.join(", ", outcome.committed().stream().map(ScenarioText::entry).toList()));
    }
  }

  private boolean isCut(long from, long to) {
    return cut.contains(from + ">" + to)
        || cut.contains(Long.toString(from))
        || cut.contains(Long.toString(to));
  }

  private void tell(long member, String what) {
    out.add("  " + member + " " + what);
  }

  private void tell(long member, String verb, Message message) {
    out.add("  " + member + " " + verb + " " + ScenarioText.message(message));
  }

  /** Takes messages out of the network: all to "2", or all of "1>2", or the first n of them. */
  private List<Message> take(List<String> arguments) {
    var which = arguments.getFirst();
    var most = count(arguments, Integer.MAX_VALUE);
    var taken = new ArrayList<Message>();
    for (Iterator<Message> each = network.iterator(); each.hasNext() && taken.size() < most; ) {
      var message = each.next();
      if (which.equals(message.from() + ">" + message.to())
          || which.equals(Long.toString(message.to()))) {
        taken.add(message);
        each.remove();
      }
    }
    if (taken.isEmpty()) {
      out.add("  nothing on the way");
    }
    return taken;
  }

  private void deliver(Message message) {
    var to = members.get(message.to());
    if (to == null || !to.up) {
      tell(message.to(), "is not there for", message);
    } else {
      tell(to.id, "gets", message);
      step(to, new RaftEvent.Receive(message));
    }
  }

  /** A snapshot arrives, or its sender learns of the end of the stream, or both. */
  private void parcel(String which, boolean arrives, boolean reported) {
    var parcel =
        parcels.stream()
            .filter(each -> which.equals(each.from + ">" + each.to))
            .findFirst()
            .orElseThrow();
    var hadArrived = parcel.arrived;
    parcels.remove(parcel);
    if (arrives) {
      tell(parcel.to, "has received the snapshot " + parcel.snapshot.position());
      var receiver = member(parcel.to);
      observe(receiver, receiver.receiveSnapshot(parcel.from, parcel.term, parcel.snapshot));
    }
    if (reported) {
      step(
          member(parcel.from),
          new RaftEvent.SnapshotReported(
              parcel.to, parcel.snapshot.position().index(), arrives || hadArrived));
    } else {
      parcels.add(new Parcel(parcel.from, parcel.to, parcel.term, parcel.snapshot, true));
    }
  }

  private void apply(TestMember member) {
    var before = member.core.appliedIndex();
    observe(member, member.applyOne());
    if (member.core.appliedIndex() == before) {
      throw new AssertionError("nothing was applied");
    }
  }

  /** Everything that one member's disk and state machine have to do. */
  private boolean work(TestMember member) {
    var worked = false;
    while (member.up) {
      if (!member.disk.pending.isEmpty()) {
        observe(member, member.persistOne());
      } else if (!member.reads.isEmpty()) {
        observe(member, member.readOne());
      } else if (!member.toApply.isEmpty()) {
        apply(member);
      } else {
        return worked;
      }
      worked = true;
    }
    return worked;
  }

  /** Everything that is to be done, among the given members or all, until there is no more. */
  private void settle(List<Long> only) {
    for (var round = 0; round < 200; round++) {
      var busy = false;
      for (var member : members.values()) {
        if (only.isEmpty() || only.contains(member.id)) {
          busy |= work(member);
        }
      }
      var ready =
          network.stream()
              .filter(message -> only.isEmpty() || only.contains(message.to()))
              .toList();
      busy |= !ready.isEmpty();
      for (var message : ready) {
        network.remove(message);
        deliver(message);
      }
      for (var parcel : List.copyOf(parcels)) {
        if (only.isEmpty() || only.contains(parcel.to)) {
          busy = true;
          parcel(parcel.from + ">" + parcel.to, !parcel.arrived, true);
        }
      }
      if (!busy) {
        return;
      }
    }
    throw new AssertionError("never settles");
  }

  /** Does the rest of the line and tells nothing of it. */
  private void quietly(String[] words) {
    run(Arrays.copyOfRange(words, 1, words.length));
    out.clear();
  }

  private void status() {
    for (var member : members.values()) {
      if (!member.up) {
        tell(member.id, "is down");
        continue;
      }
      var core = member.core;
      tell(
          member.id,
          "%s term=%d leader=%d last=%s durable=%d commit=%d applied=%d %s%s"
              .formatted(
                  core.role().name().toLowerCase(Locale.ROOT).replace('_', '-'),
                  core.term(),
                  core.leader(),
                  core.lastEntry(),
                  core.durableIndex(),
                  core.commitIndex(),
                  core.appliedIndex(),
                  core.membership(),
                  core.claim() instanceof Claim.Sound
                      ? ""
                      : " " + ScenarioText.claim(core.claim())));
    }
  }

  private void log(TestMember member) {
    out.add("  " + member.id + " on disk after " + member.disk.base.position());
    member.disk.log.forEach(entry -> out.add("    " + ScenarioText.entry(entry)));
  }
}
