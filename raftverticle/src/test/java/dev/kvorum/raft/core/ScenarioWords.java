package dev.kvorum.raft.core;

import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.model.Bytes;
import java.util.ArrayList;
import java.util.List;

/** What the words of a scenario's commands mean. */
final class ScenarioWords {
  private ScenarioWords() {}

  static MembershipChange change(List<String> words) {
    var steps = new ArrayList<MembershipChange.Step>();
    var transition = MembershipChange.Transition.AUTO;
    for (var word : words) {
      switch (word) {
        case "leave" -> {}
        case "joint" -> transition = MembershipChange.Transition.JOINT_IMPLICIT;
        case "explicit" -> transition = MembershipChange.Transition.JOINT_EXPLICIT;
        default -> {
          var kind =
              switch (word.charAt(0)) {
                case 'v' -> MembershipChange.Kind.ADD_VOTER;
                case 'l' -> MembershipChange.Kind.ADD_LEARNER;
                case '-' -> MembershipChange.Kind.REMOVE;
                default -> throw new IllegalArgumentException(word);
              };
          steps.add(new MembershipChange.Step(kind, Long.parseLong(word.substring(1))));
        }
      }
    }
    return new MembershipChange(steps, transition, Bytes.EMPTY);
  }

  /** Few ticks and no pre-vote unless it is asked for: traces stay short. */
  static RaftConfig config(long id, List<String> words) {
    var config = RaftConfig.defaults(id, 1).withTimeouts(3, 1).withRules(false, false, true);
    for (var word : words) {
      config =
          switch (word) {
            case "rules=all" -> config.withRules(true, true, true);
            case "rules=pre-vote" -> config.withRules(true, false, true);
            case "rules=check-quorum" -> config.withRules(false, true, true);
            case "rules=lead-on" -> config.withRules(false, false, false);
            case "windows=small" -> config.withWindows(8, 2, 1 << 20);
            case "tail=none" -> config.withBudgets(1 << 20, 0, 1 << 20);
            case "uncommitted=small" -> config.withBudgets(8, 1 << 20, 1 << 20);
            case "forwarding=off" -> config.withForwarding(false);
            default -> {
              if (word.contains("=")) {
                throw new IllegalArgumentException(word);
              }
              yield config;
            }
          };
    }
    return config;
  }

  /** A message that no member here has sent: {@code 1>5 term=2 after=2/2 log=2,3 commit=1}. */
  static Message.Append append(List<String> words) {
    var ends = words.getFirst().split(">", -1);
    var term = 0L;
    var commit = 0L;
    var after = EntryId.ORIGIN;
    var entries = new ArrayList<Entry>();
    for (var word : words.subList(1, words.size())) {
      var parts = word.split("=", -1);
      switch (parts[0]) {
        case "term" -> term = Long.parseLong(parts[1]);
        case "commit" -> commit = Long.parseLong(parts[1]);
        case "after" -> after = position(parts[1]);
        case "log" -> {
          for (var each : parts[1].split(",", -1)) {
            entries.add(
                new Entry(
                    Long.parseLong(each),
                    after.index() + entries.size() + 1,
                    Entry.Type.COMMAND,
                    Bytes.utf8("t" + each)));
          }
        }
        default -> throw new IllegalArgumentException(word);
      }
    }
    return new Message.Append(
        Long.parseLong(ends[0]), Long.parseLong(ends[1]), term, after, entries, commit);
  }

  static EntryId position(String text) {
    var numbers = text.split("/", -1);
    return new EntryId(Long.parseLong(numbers[0]), Long.parseLong(numbers[1]));
  }
}
