package dev.kvorum.simulator.oracle;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.KeyValue;
import dev.kvorum.storage.model.KeyValueCodec;
import org.jspecify.annotations.Nullable;

/**
 * One change of one key.
 *
 * @param main the main revision of the change
 * @param sub its sub revision
 * @param key the changed key
 * @param kv what the key became, null for a delete
 * @param record what the store keeps of the change (contract S1.7)
 */
record Version(long main, long sub, Bytes key, @Nullable KeyValue kv, Bytes record) {
  static Version put(long main, long sub, KeyValue kv) {
    return new Version(main, sub, kv.key(), kv, KeyValueCodec.encode(kv));
  }

  static Version delete(long main, long sub, Bytes key) {
    return new Version(main, sub, key, null, KeyValueCodec.tombstone(key));
  }

  /** What the key became by this put. */
  KeyValue live() {
    if (kv == null) {
      throw new IllegalStateException("a tombstone has no key-value");
    }
    return kv;
  }
}
