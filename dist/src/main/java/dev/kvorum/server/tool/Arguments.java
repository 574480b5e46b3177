package dev.kvorum.server.tool;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a tool was called with.
 *
 * @param log the separate place of the log, or null
 * @param discardFrom the first index to give up, 0 for none
 */
record Arguments(String command, Path data, @Nullable Path log, long discardFrom) {
  static final String USAGE =
      """
      Usage:

        kvorum check --data-dir DIR [--wal-dir DIR]
          Look at the files of a server that does not run. Changes nothing.

        kvorum repair --data-dir DIR [--wal-dir DIR] --discard-from INDEX
          Give up the log from an index on, which check or the server's refusal to start has named.
      """;

  /** The call cannot be understood. */
  static final class MisuseException extends Exception {
    private static final long serialVersionUID = 1L;

    MisuseException(String message) {
      super(message);
    }
  }

  static Arguments read(List<String> given) throws MisuseException {
    if (given.isEmpty()) {
      throw new MisuseException("which tool?");
    }
    Path data = null;
    Path log = null;
    var discardFrom = 0L;
    for (var i = 1; i < given.size(); i++) {
      var word = given.get(i);
      var equals = word.indexOf('=');
      var name = (equals < 0 ? word : word.substring(0, equals)).replaceFirst("^--?", "");
      if (equals < 0 && ++i == given.size()) {
        throw new MisuseException("no value for " + word);
      }
      var value = equals < 0 ? given.get(i) : word.substring(equals + 1);
      switch (name) {
        case "data-dir" -> data = Path.of(value);
        case "wal-dir" -> log = Path.of(value);
        case "discard-from" -> discardFrom = index(value);
        default -> throw new MisuseException("unknown flag " + word);
      }
    }
    if (data == null) {
      throw new MisuseException("--data-dir is missing");
    }
    var repairs = given.getFirst().equals("repair");
    if (repairs != (discardFrom > 0)) {
      throw new MisuseException(
          repairs ? "--discard-from is missing" : "--discard-from belongs to repair");
    }
    return new Arguments(given.getFirst(), data, log, discardFrom);
  }

  private static long index(String value) throws MisuseException {
    try {
      var index = Long.parseLong(value);
      if (index > 0) {
        return index;
      }
    } catch (NumberFormatException _) {
      // Said below.
    }
    throw new MisuseException("--discard-from is no index: " + value);
  }

  /** Where the journal is. */
  Path logOrData() {
    var separate = log;
    return separate == null ? data : separate;
  }
}
