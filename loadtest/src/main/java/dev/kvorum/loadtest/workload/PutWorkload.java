package dev.kvorum.loadtest.workload;

import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.loadtest.wire.Methods;

/** Puts of the same value to the same key: the whole write path and nothing else. */
final class PutWorkload implements LoadWorkload {
  @Override
  public String name() {
    return "put";
  }

  @Override
  public String method() {
    return Methods.PUT.name();
  }

  @Override
  public PutRequest request(int key, Settings settings) {
    return PutRequest.newBuilder()
        .setKey(Keys.key(key))
        .setValue(Keys.value(settings.valueBytes()))
        .build();
  }

  @Override
  public int effectsPerRequest() {
    return 1;
  }

  @Override
  public void prepare(Target target, Settings settings) {
    // A put needs nothing to be there.
  }
}
