package dev.kvorum.server.config;

import dev.kvorum.server.notation.GoNumber;
import dev.kvorum.server.notation.NotationException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * Reads a configuration file in YAML or JSON.
 *
 * <p>Its keys are the names of flags, a few of them inside maps. Unknown keys are skipped, a key
 * without a value leaves the default. Numbers and truth values must not be quoted; where a text is
 * wanted any scalar will do. A duration is a whole number of nanoseconds, never {@code 10m}: that
 * is a weakness of etcd's format, and files depend on it. The text of a scalar is taken as it
 * stands in the file, so that a name like {@code 1_0} or {@code on} stays what it is.
 */
final class ConfigFile {
  /** Deeper than any key of ours; ends the walk through an alias that contains itself. */
  private static final int DEEPEST_KEY = 4;

  private final Map<String, Node> nodes = new HashMap<>();

  private ConfigFile() {}

  /** The values in that file, relative to the working directory unless absolute. */
  static FlagValues read(String path) throws ConfigException {
    try {
      return parse(Files.readString(Path.of(path), StandardCharsets.UTF_8));
    } catch (NoSuchFileException _) {
      throw new ConfigException("open " + path + ": no such file or directory");
    } catch (IOException unreadable) {
      throw new ConfigException("open " + path + ": " + unreadable.getMessage());
    }
  }

  static FlagValues parse(String text) throws ConfigException {
    var file = new ConfigFile();
    try {
      var settings = LoadSettings.builder().setAllowDuplicateKeys(true).build();
      var root = new Compose(settings).composeString(text);
      if (root.isPresent() && !isNull(root.get())) {
        file.collect("", root.get(), 0);
      }
    } catch (YamlEngineException wrong) {
      var oneLine = String.valueOf(wrong.getMessage()).replaceAll("\\s+", " ");
      throw new ConfigException("error converting YAML to JSON: yaml: " + oneLine);
    }
    return file.values();
  }

  private void collect(String prefix, Node node, int depth) throws ConfigException {
    if (!(node instanceof MappingNode mapping)) {
      throw mismatch(kind(node), prefix, "embed.configYAML");
    }
    for (var entry : mapping.getValue()) {
      if (entry.getKeyNode() instanceof ScalarNode key) {
        var path = prefix + key.getValue().toLowerCase(Locale.ROOT);
        nodes.put(path, entry.getValueNode());
        if (entry.getValueNode() instanceof MappingNode && depth < DEEPEST_KEY) {
          collect(path + ".", entry.getValueNode(), depth + 1);
        }
      }
    }
  }

  private FlagValues values() throws ConfigException {
    var values = new FlagValues();
    for (var flag : FlagTable.FLAGS) {
      if (flag.fileKey().isEmpty()) {
        continue;
      }
      checkParents(flag);
      var node = nodes.get(flag.fileKey());
      var value = node == null || isNull(node) ? null : value(flag, node);
      if (value != null) {
        set(values, flag, value);
      }
    }
    return values;
  }

  private void checkParents(Flag flag) throws ConfigException {
    var key = flag.fileKey();
    for (int dot = key.indexOf('.'); dot > 0; dot = key.indexOf('.', dot + 1)) {
      var parent = nodes.get(key.substring(0, dot));
      if (parent != null && !isNull(parent) && !(parent instanceof MappingNode)) {
        throw mismatch(kind(parent), key.substring(0, dot), "map");
      }
    }
  }

  /** The value as a flag would have it, or null where an empty one means that none was given. */
  private static @Nullable String value(Flag flag, Node node) throws ConfigException {
    var key = flag.fileKey();
    return switch (flag.type()) {
      case LIST -> list(key, node);
      case BOOL -> bool(key, node);
      case INT, INT64, UINT, UINT32, UINT64 -> number(key, node, flag.type());
      case DURATION -> number(key, node, FlagType.INT64) + "ns";
      case URLS, URLS_OR_STAR, FEATURE_GATES, NEW_OR_EXISTING -> {
        var text = text(key, node);
        yield text.isEmpty() ? null : text;
      }
      case TEXT, EXIT_OR_PROXY, V2_DEPRECATION, ANY -> text(key, node);
    };
  }

  private static String text(String key, Node node) throws ConfigException {
    if (node instanceof ScalarNode scalar) {
      return scalar.getValue();
    }
    throw mismatch(kind(node), key, "string");
  }

  private static String list(String key, Node node) throws ConfigException {
    if (!(node instanceof SequenceNode sequence)) {
      throw mismatch(kind(node), key, "[]string");
    }
    var texts = new ArrayList<String>();
    for (var element : sequence.getValue()) {
      texts.add(text(key, element));
    }
    return String.join(",", texts);
  }

  private static String bool(String key, Node node) throws ConfigException {
    if (node instanceof ScalarNode scalar && scalar.isPlain()) {
      switch (scalar.getValue().toLowerCase(Locale.ROOT)) {
        case "true", "yes", "on", "y" -> {
          return "true";
        }
        case "false", "no", "off", "n" -> {
          return "false";
        }
        default -> {}
      }
    }
    throw mismatch(kind(node), key, "bool");
  }

  private static String number(String key, Node node, FlagType type) throws ConfigException {
    var goType = type.name().toLowerCase(Locale.ROOT);
    if (node instanceof ScalarNode scalar && scalar.isPlain()) {
      var text = scalar.getValue();
      try {
        type.check(text);
        return text;
      } catch (ConfigException _) {
        throw mismatch(isNumber(text) ? "number " + text : "string", key, goType);
      }
    }
    throw mismatch(kind(node), key, goType);
  }

  private static boolean isNumber(String text) {
    try {
      var _ = GoNumber.parseSigned(text);
      return true;
    } catch (NotationException wrong) {
      return wrong.outOfRange();
    }
  }

  private static void set(FlagValues values, Flag flag, String value) throws ConfigException {
    try {
      values.set(flag, value);
    } catch (ConfigException wrong) {
      throw switch (flag.type()) {
        case URLS ->
            new ConfigException(
                "unexpected error setting up " + flag.name() + ": " + wrong.reason());
        case NEW_OR_EXISTING -> new ConfigException("unexpected clusterState \"" + value + "\"");
        default -> wrong;
      };
    }
  }

  private static boolean isNull(Node node) {
    return node instanceof ScalarNode scalar
        && scalar.isPlain()
        && switch (scalar.getValue()) {
          case "", "~", "null", "Null", "NULL" -> true;
          default -> false;
        };
  }

  private static String kind(Node node) {
    return switch (node) {
      case MappingNode _ -> "object";
      case SequenceNode _ -> "array";
      default -> "string";
    };
  }

  private static ConfigException mismatch(String found, String key, String wanted) {
    return new ConfigException(
        "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal "
            + found
            + " into Go struct field configYAML."
            + key
            + " of type "
            + wanted);
  }
}
