package dev.kvorum.simulator.oracle;

import dev.kvorum.simulator.world.WrongException;
import dev.kvorum.storage.model.Bytes;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;

/**
 * What locks promise (contract S11). Whoever is told that it holds a lock was, at some moment,
 * first in the queue with its key there; a key goes with its lease, so two holders whose leases are
 * both alive cannot be. And what is written with a lock's fencing token is never written with an
 * older one after that.
 */
final class LockOracle {
  private static final Bytes FENCE = Bytes.utf8("/fence");

  private final NaiveModel model;

  /** The newest token by the key that it protects; never iterated. */
  private final Map<Bytes, Long> tokens = new HashMap<>();

  private int looked;

  LockOracle(NaiveModel model) {
    this.model = model;
  }

  /** Something was committed. */
  void committed() {
    for (; looked < model.changeCount(); looked++) {
      var change = model.change(looked);
      if (change.kv() != null && change.key().startsWith(FENCE)) {
        var token = Long.parseLong(change.kv().value().toUtf8());
        var before = tokens.put(change.key(), token);
        if (before != null && token < before) {
          throw new WrongException(
              "a former holder writes nothing that its lock protected",
              "%s with %d after %d".formatted(change.key(), token, before));
        }
      }
    }
  }

  /** A member has decided that somebody holds the lock of that name. */
  void granted(Bytes name, Bytes key, long created) {
    var prefix = Bytes.utf8(name.toUtf8() + "/");
    var end = Bytes.utf8(name.toUtf8() + "0");
    var before = new TreeSet<Bytes>();
    for (var version : model.live(prefix, end, created)) {
      if (version.live().createRevision() < created) {
        before.add(version.key());
      }
    }
    for (var at = model.firstChangeFrom(created + 1);
        at < model.changeCount() && !before.isEmpty();
        at++) {
      var change = model.change(at);
      if (change.kv() == null) {
        before.remove(change.key());
        if (change.key().equals(key)) {
          break;
        }
      }
    }
    var own = model.find(key, created);
    if (own == null || own.live().createRevision() != created || !before.isEmpty()) {
      throw new WrongException(
          "a lock is held by who was first in its queue",
          "%s of %d; before it %s; store at %d".formatted(key, created, before, model.revision()));
    }
  }
}
