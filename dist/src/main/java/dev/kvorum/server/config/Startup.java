package dev.kvorum.server.config;

import dev.kvorum.server.config.Note.Severity;
import dev.kvorum.server.notation.GoText;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.event.KeyValuePair;

/** What the program was asked to do. */
public sealed interface Startup {
  /** Be a server. The notes are to be logged first. */
  record Run(ServerConfig config, List<Note> notes) implements Startup {
    public Run {
      notes = List.copyOf(notes);
    }
  }

  /** Tell the version and exit with 0. */
  record ShowVersion() implements Startup {}

  /** Tell how to use the program and exit with 0. */
  record ShowHelp() implements Startup {}

  /** The arguments do not parse: say so in plain text on stderr and exit with 2. */
  record Misused(String message) implements Startup {}

  /** The configuration cannot be used: log the notes and exit with 1. */
  record Refused(List<Note> notes) implements Startup {
    public Refused {
      notes = List.copyOf(notes);
    }
  }

  /**
   * Reads arguments, environment and, when one is named, the configuration file, which replaces
   * both of them altogether.
   *
   * @param arguments without the program's name
   */
  static Startup read(List<String> arguments, Map<String, String> environment) {
    var notes = new ArrayList<Note>();
    try {
      var commandLine = CommandLine.parse(arguments);
      if (commandLine.wantsHelp()) {
        return new ShowHelp();
      }
      if (!commandLine.positional().isEmpty()) {
        return refused(notes, notAFlag(commandLine.positional().getFirst()));
      }
      var values = commandLine.values();
      if (values.bool("version")) {
        return new ShowVersion();
      }
      var path = values.text("config-file");
      if (path.isEmpty()) {
        path = environment.getOrDefault("ETCD_CONFIG_FILE", "");
      }
      if (path.isEmpty()) {
        Environment.apply(environment, values, notes);
        return new Run(new ConfigBuilder(values, false, notes).build(), notes);
      }
      var fromFile = ConfigFile.read(path);
      notes.add(
          Note.of(
              Severity.INFO,
              "loaded server configuration, other configuration command line flags and"
                  + " environment variables will be ignored if provided",
              new KeyValuePair("path", path)));
      return new Run(new ConfigBuilder(fromFile, true, notes).build(), notes);
    } catch (UsageException wrong) {
      return new Misused(wrong.reason());
    } catch (Environment.ConflictException conflict) {
      notes.add(conflict.note());
      return new Refused(notes);
    } catch (ConfigException wrong) {
      return refused(notes, wrong.reason());
    }
  }

  private static String notAFlag(String argument) {
    return switch (argument) {
      case "gateway", "grpc-proxy" ->
          GoText.quoted(argument) + " is not available: this program has no such sub-command yet";
      default -> GoText.quoted(argument) + " is not a valid flag";
    };
  }

  private static Startup refused(List<Note> notes, String why) {
    notes.add(Note.of(Severity.WARN, "failed to verify flags", new KeyValuePair("error", why)));
    return new Refused(notes);
  }
}
