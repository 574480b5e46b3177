package dev.kvorum.verticles.stage;

import java.util.ArrayList;
import java.util.List;

/** Reads of front ends that were confirmed at an index which is not applied yet. */
final class WaitingReads {
  private record Waiting(int loop, long round, long index) {}

  private final List<Waiting> waiting = new ArrayList<>();

  void add(int loop, long round, long index) {
    waiting.add(new Waiting(loop, round, index));
  }

  /** The state of that index is published: those that waited for it may read. */
  void ready(long appliedIndex, List<StoreEffect> effects) {
    waiting.removeIf(
        read -> {
          var ready = read.index <= appliedIndex;
          if (ready) {
            effects.add(new StoreEffect.ReadsReady(read.loop, read.round));
          }
          return ready;
        });
  }
}
