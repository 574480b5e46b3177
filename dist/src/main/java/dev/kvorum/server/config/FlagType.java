package dev.kvorum.server.config;

import dev.kvorum.server.notation.GoDuration;
import dev.kvorum.server.notation.GoNumber;
import dev.kvorum.server.notation.GoText;
import dev.kvorum.server.notation.NotationException;
import java.util.List;

/** What a flag's value must look like; {@link #check} is the test that etcd makes while parsing. */
enum FlagType {
  TEXT,
  BOOL,
  INT,
  INT64,
  UINT,
  UINT32,
  UINT64,
  DURATION,
  /** Comma-separated URLs, or nothing. */
  URLS,
  /** The same or {@code *}. */
  URLS_OR_STAR,
  /** Comma-separated texts. */
  LIST,
  NEW_OR_EXISTING,
  EXIT_OR_PROXY,
  V2_DEPRECATION,
  FEATURE_GATES,
  /** Anything: nobody reads it. */
  ANY;

  private static final List<String> V2_STAGES =
      List.of("write-only", "write-only-skip-check", "write-only-drop-data", "gone");

  /** Throws, with Go's words, unless the value can be read. */
  void check(String value) throws ConfigException {
    switch (this) {
      case TEXT, LIST, ANY -> {}
      case BOOL -> reading(() -> GoNumber.parseBool(value));
      case INT, INT64 -> reading(() -> GoNumber.parseSigned(value));
      case UINT, UINT64 -> reading(() -> GoNumber.parseUnsigned(value, Long.SIZE));
      case UINT32 -> checkUint32(value);
      case DURATION -> reading(() -> GoDuration.parse(value));
      case URLS -> checkUrls(value, "");
      case URLS_OR_STAR -> checkUrls(value, "*");
      case NEW_OR_EXISTING -> checkOneOf(value, List.of("new", "existing"));
      case EXIT_OR_PROXY -> checkOneOf(value, List.of("exit", "proxy"));
      case V2_DEPRECATION -> {
        for (var stage : value.split(",", -1)) {
          if (!V2_STAGES.contains(stage)) {
            throw new ConfigException("invalid value " + GoText.quoted(stage));
          }
        }
      }
      case FEATURE_GATES -> {
        var _ = FeatureGates.parse(value);
      }
    }
  }

  private interface Reading {
    Object read() throws NotationException;
  }

  private static void reading(Reading reading) throws ConfigException {
    try {
      var _ = reading.read();
    } catch (NotationException wrong) {
      throw new ConfigException(wrong.outOfRange() ? "value out of range" : "parse error");
    }
  }

  /** etcd reads this one by a type of its own, whose errors are longer. */
  private static void checkUint32(String value) throws ConfigException {
    try {
      var _ = GoNumber.parseUnsigned(value, Integer.SIZE);
    } catch (NotationException wrong) {
      throw new ConfigException(wrong.reason());
    }
  }

  private static void checkUrls(String value, String exception) throws ConfigException {
    if (!value.isEmpty() && !value.equals(exception)) {
      var _ = Url.parseList(value);
    }
  }

  private static void checkOneOf(String value, List<String> allowed) throws ConfigException {
    if (!allowed.contains(value)) {
      throw new ConfigException("invalid value");
    }
  }
}
