package dev.kvorum.server.config;

import dev.kvorum.server.notation.GoNumber;
import dev.kvorum.server.notation.NotationException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What {@code --feature-gates} says: {@code Name=true,Name=false}, and whole stages at once. */
final class FeatureGates {
  private enum Stage {
    ALPHA("AllAlpha"),
    BETA("AllBeta");

    /** Sets all gates of the stage that are not named themselves. */
    private final String all;

    Stage(String all) {
      this.all = all;
    }
  }

  /** The gates that etcd knows. */
  enum Gate {
    STOP_SERVICE_ON_DEFRAGMENT("StopGRPCServiceOnDefrag", Stage.ALPHA, false, false),
    INITIAL_CORRUPT_CHECK("InitialCorruptCheck", Stage.ALPHA, false, false),
    COMPACT_HASH_CHECK("CompactHashCheck", Stage.ALPHA, false, false),
    SHARED_TXN_BUFFER("TxnModeWriteWithSharedBuffer", Stage.BETA, true, false),
    LEASE_CHECKPOINT("LeaseCheckpoint", Stage.ALPHA, false, true),

    /** Of clusters of 3.6 and later, checkpoints are always kept (contract S10.11). */
    LEASE_CHECKPOINT_PERSIST("LeaseCheckpointPersist", Stage.ALPHA, false, true),
    MEMBER_LOCAL_ADDRESS("SetMemberLocalAddr", Stage.ALPHA, false, false),
    FAST_LEASE_KEEP_ALIVE("FastLeaseKeepAlive", Stage.BETA, true, false),
    PRIORITY_REQUEST("PriorityRequest", Stage.ALPHA, false, false);

    private final String text;
    private final Stage stage;
    private final boolean byDefault;
    private final boolean inEffect;

    Gate(String text, Stage stage, boolean byDefault, boolean inEffect) {
      this.text = text;
      this.stage = stage;
      this.byDefault = byDefault;
      this.inEffect = inEffect;
    }

    private static @Nullable Gate named(String text) {
      for (var gate : values()) {
        if (gate.text.equals(text)) {
          return gate;
        }
      }
      return null;
    }
  }

  private final Map<Gate, Boolean> gates = new EnumMap<>(Gate.class);
  private final Map<Stage, Boolean> stages = new EnumMap<>(Stage.class);

  private FeatureGates() {}

  /** Reads the flag's value; throws, with Go's words, unless it can be read. */
  static FeatureGates parse(String value) throws ConfigException {
    var read = new FeatureGates();
    for (var setting : value.split(",", -1)) {
      if (!setting.isEmpty()) {
        read.set(setting);
      }
    }
    return read;
  }

  private void set(String setting) throws ConfigException {
    int equals = setting.indexOf('=');
    var name = (equals < 0 ? setting : setting.substring(0, equals)).strip();
    if (equals < 0) {
      throw new ConfigException("missing bool value for " + name);
    }
    var on = bool(name, setting.substring(equals + 1).strip());
    var gate = Gate.named(name);
    if (gate != null) {
      gates.put(gate, on);
      return;
    }
    for (var stage : Stage.values()) {
      if (stage.all.equals(name)) {
        stages.put(stage, on);
        return;
      }
    }
    throw new ConfigException("unrecognized feature gate: " + name);
  }

  private static boolean bool(String name, String value) throws ConfigException {
    try {
      return GoNumber.parseBool(value);
    } catch (NotationException wrong) {
      throw new ConfigException(
          "invalid value of " + name + "=" + value + ", err: " + wrong.reason());
    }
  }

  boolean isOn(Gate gate) {
    return gates.getOrDefault(gate, stages.getOrDefault(gate.stage, gate.byDefault));
  }

  /** Gates that are set to something else than we do, by their names. */
  List<String> notYetInEffect() {
    var names = new ArrayList<String>();
    for (var gate : Gate.values()) {
      if (!gate.inEffect && isOn(gate) != gate.byDefault) {
        names.add(gate.text);
      }
    }
    return names;
  }
}
