package dev.kvorum.server.config;

import dev.kvorum.server.config.Note.Severity;
import dev.kvorum.server.notation.GoText;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.event.KeyValuePair;

/**
 * Takes values of {@code ETCD_*} variables for flags that the command line leaves open.
 *
 * <p>An empty variable counts as absent. A variable beside its flag is refused rather than ignored:
 * one of the two must be a mistake.
 */
final class Environment {
  private static final String PREFIX = "ETCD_";
  private static final String VERSION = "ETCD_VERSION";

  private Environment() {}

  /** Fills up {@code values}, and adds to {@code notes} what it found. */
  static void apply(Map<String, String> environment, FlagValues values, List<Note> notes)
      throws ConfigException, ConflictException {
    var unused = new TreeSet<String>();
    for (var variable : environment.keySet()) {
      if (variable.startsWith(PREFIX)) {
        unused.add(variable);
      }
    }
    if (unused.remove(VERSION) && !environment.getOrDefault(VERSION, "").isEmpty()) {
      notes.add(
          Note.of(
              Severity.WARN,
              "cannot set special environment variable",
              new KeyValuePair("key", VERSION),
              new KeyValuePair("value", environment.get(VERSION))));
    }
    var shadowed = shadowed(values, unused);
    if (!shadowed.isEmpty()) {
      throw new ConflictException(shadowed);
    }
    for (var flag : FlagTable.FLAGS.stream().sorted(Comparator.comparing(Flag::name)).toList()) {
      var variable = flag.variable();
      var value = environment.getOrDefault(variable, "");
      if (unused.contains(variable) && !value.isEmpty()) {
        set(values, flag, value);
        unused.remove(variable);
        notes.add(
            Note.of(
                Severity.INFO,
                "recognized and used environment variable",
                new KeyValuePair("variable-name", variable),
                new KeyValuePair("variable-value", value)));
      }
    }
    for (var variable : unused) {
      notes.add(
          Note.of(
              Severity.WARN,
              "unrecognized environment variable",
              new KeyValuePair(
                  "environment-variable", variable + "=" + environment.get(variable))));
    }
  }

  /** The first variable whose flag is on the command line, or nothing. */
  private static String shadowed(FlagValues values, Set<String> variables) {
    var ofGivenFlags = new HashSet<String>();
    for (var flag : FlagTable.FLAGS) {
      if (values.isGiven(flag.name())) {
        ofGivenFlags.add(flag.variable());
      }
    }
    for (var variable : variables) {
      if (ofGivenFlags.contains(variable)) {
        return variable;
      }
    }
    return "";
  }

  private static void set(FlagValues values, Flag flag, String value) throws ConfigException {
    try {
      values.set(flag, value);
    } catch (ConfigException wrong) {
      throw new ConfigException(
          "invalid value "
              + GoText.quoted(value)
              + " for "
              + flag.variable()
              + ": "
              + wrong.reason());
    }
  }

  /** A variable and its flag are both given. */
  static final class ConflictException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String variable;

    ConflictException(String variable) {
      super(variable);
      this.variable = variable;
    }

    Note note() {
      return Note.of(
          Severity.FATAL,
          "conflicting environment variable is shadowed by corresponding command-line flag"
              + " (either unset environment variable or disable flag))",
          new KeyValuePair("environment-variable", variable));
    }
  }
}
