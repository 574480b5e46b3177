package dev.kvorum.loadtest.workload;

import dev.kvorum.api.etcdserverpb.RangeRequest;
import dev.kvorum.loadtest.wire.Methods;

/** Reads of one key that exists. */
final class GetWorkload implements LoadWorkload {
  private final String name;
  private final boolean serializable;

  /**
   * A read load.
   *
   * @param serializable whether the member may answer from its own state without asking the quorum
   */
  GetWorkload(String name, boolean serializable) {
    this.name = name;
    this.serializable = serializable;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String method() {
    return Methods.RANGE.name();
  }

  @Override
  public RangeRequest request(int key, Settings settings) {
    return RangeRequest.newBuilder().setKey(Keys.key(key)).setSerializable(serializable).build();
  }

  @Override
  public int effectsPerRequest() {
    return 0;
  }

  @Override
  public void prepare(Target target, Settings settings)
      throws VoidRunException, InterruptedException {
    PutWorkload put = new PutWorkload();
    for (int key = 0; key < settings.keys(); key++) {
      target.ask(Methods.PUT, put.request(key, settings));
      if (target.ask(Methods.RANGE, request(key, settings)).getCount() != 1) {
        throw new VoidRunException("the key that was just put is not there");
      }
    }
  }
}
