package dev.kvorum.server.config;

import dev.kvorum.server.notation.GoDuration;
import dev.kvorum.server.notation.GoNumber;
import dev.kvorum.server.notation.NotationException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The values of all flags: what was given, and defaults for the rest. */
final class FlagValues {
  private final Map<String, String> given = new LinkedHashMap<>();

  /** Takes a value, in place of an earlier one; throws unless it can be read. */
  void set(Flag flag, String value) throws ConfigException {
    flag.type().check(value);
    given.put(flag.name(), value);
  }

  boolean isGiven(String name) {
    return given.containsKey(name);
  }

  /** Names of the given flags of this status, sorted. */
  List<String> given(Flag.Status status) {
    var names = new TreeSet<String>();
    for (var name : given.keySet()) {
      if (FlagTable.known(name).status() == status) {
        names.add(name);
      }
    }
    return List.copyOf(names);
  }

  String text(String name) {
    var flag = FlagTable.known(name);
    return given.getOrDefault(name, flag.defaultText());
  }

  boolean bool(String name) {
    return checked(() -> GoNumber.parseBool(text(name)));
  }

  long signed(String name) {
    return checked(() -> GoNumber.parseSigned(text(name)));
  }

  /** A number without a sign; one beyond 2^63-1 is cut to that, more than anything we hold. */
  long unsigned(String name) {
    var number = checked(() -> GoNumber.parseUnsigned(text(name), Long.SIZE));
    return number < 0 ? Long.MAX_VALUE : number;
  }

  Duration duration(String name) {
    return Duration.ofNanos(checked(() -> GoDuration.parse(text(name))));
  }

  List<Url> urls(String name) {
    var text = text(name);
    try {
      return text.isEmpty() ? List.of() : Url.parseList(text);
    } catch (ConfigException impossible) {
      throw new IllegalStateException("checked by set", impossible);
    }
  }

  FeatureGates gates() {
    try {
      return FeatureGates.parse(text("feature-gates"));
    } catch (ConfigException impossible) {
      throw new IllegalStateException("checked by set", impossible);
    }
  }

  /** The texts between commas, sorted, without repetitions and empty ones. */
  List<String> list(String name) {
    var texts = new TreeSet<>(List.of(text(name).split(",", -1)));
    texts.remove("");
    return List.copyOf(texts);
  }

  private interface Reading<T> {
    T read() throws NotationException;
  }

  private static <T> T checked(Reading<T> reading) {
    try {
      return reading.read();
    } catch (NotationException impossible) {
      throw new IllegalStateException("checked by set", impossible);
    }
  }
}
