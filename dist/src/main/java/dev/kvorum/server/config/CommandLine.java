package dev.kvorum.server.config;

import dev.kvorum.server.notation.GoText;
import java.util.ArrayList;
import java.util.List;

/**
 * Arguments, read as Go's {@code flag} package reads them.
 *
 * <p>One dash or two; {@code -flag=value} or {@code -flag value}, but a truth value only after
 * {@code =}; the last one of a repeated flag counts; the first argument that is no flag, or what
 * follows {@code --}, ends the flags.
 *
 * @param values what the flags say
 * @param positional what is left behind the flags
 * @param wantsHelp help was asked for, and nothing before it was wrong
 */
record CommandLine(FlagValues values, List<String> positional, boolean wantsHelp) {

  static CommandLine parse(List<String> arguments) throws UsageException {
    var values = new FlagValues();
    int at = 0;
    while (at < arguments.size() && isFlag(arguments.get(at))) {
      var argument = arguments.get(at++);
      var name = argument.substring(argument.startsWith("--") ? 2 : 1);
      if (name.isEmpty()) {
        break;
      }
      if (name.startsWith("-") || name.startsWith("=")) {
        throw new UsageException("bad flag syntax: " + argument);
      }
      int equals = name.indexOf('=');
      var hasValue = equals > 0;
      var value = hasValue ? name.substring(equals + 1) : "";
      name = hasValue ? name.substring(0, equals) : name;
      var flag = FlagTable.find(name);
      if (flag == null) {
        if (name.equals("help") || name.equals("h")) {
          return new CommandLine(values, List.of(), true);
        }
        throw new UsageException("flag provided but not defined: -" + name);
      }
      if (!hasValue && flag.standsAlone()) {
        value = "true";
      } else if (!hasValue) {
        if (at == arguments.size()) {
          throw new UsageException("flag needs an argument: -" + name);
        }
        value = arguments.get(at++);
      }
      set(values, flag, value);
    }
    return new CommandLine(values, new ArrayList<>(arguments.subList(at, arguments.size())), false);
  }

  private static boolean isFlag(String argument) {
    return argument.length() > 1 && argument.startsWith("-");
  }

  private static void set(FlagValues values, Flag flag, String value) throws UsageException {
    try {
      values.set(flag, value);
    } catch (ConfigException wrong) {
      var what = flag.standsAlone() ? "invalid boolean value " : "invalid value ";
      var where = flag.standsAlone() ? " for -" : " for flag -";
      throw new UsageException(
          what + GoText.quoted(value) + where + flag.name() + ": " + wrong.reason());
    }
  }
}
