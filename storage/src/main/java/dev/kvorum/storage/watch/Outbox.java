package dev.kvorum.storage.watch;

import dev.kvorum.storage.model.Bytes;
import java.util.ArrayList;
import java.util.List;

/**
 * What a step of the hub wants done, in order, and whether the messages among it are enough for one
 * turn.
 */
final class Outbox {
  private final WatchSizes sizes;
  private List<WatchEffect> effects = new ArrayList<>();
  private int turnMessages;
  private long turnBytes;

  /** The turn has cost enough, whatever it has sent. */
  private boolean turnEnded;

  private long sentEvents;

  Outbox(WatchSizes sizes) {
    this.sizes = sizes;
  }

  /** The next step begins, and with it a turn. */
  void begin() {
    effects = new ArrayList<>();
    turnMessages = 0;
    turnBytes = 0;
    turnEnded = false;
  }

  /** The rest of the work is for the next turn. */
  void endTurn() {
    turnEnded = true;
  }

  boolean turnIsOver() {
    return turnEnded || turnMessages >= sizes.turnMessages() || turnBytes >= sizes.turnBytes();
  }

  /** What this step wants done. */
  List<WatchEffect> effects() {
    return effects;
  }

  /** Events sent so far, counted once for each watcher. */
  long sentEvents() {
    return sentEvents;
  }

  void add(WatchEffect effect) {
    effects.add(effect);
  }

  /** Sends events to a watcher: in one message, unless they are many and it wants fragments. */
  void send(Watcher watcher, Bytes header, EventBlock block) {
    watcher.active = true;
    if (!watcher.fragment
        || block.count() < 2
        || header.size() + WatchResponses.idSize(watcher.id) + block.bytes().size()
            < sizes.fragmentBytes()) {
      send(watcher.stream, header, watcher.id, block);
      return;
    }
    var head = WatchResponses.head(header, watcher.id, false);
    var fragmentHead = WatchResponses.head(header, watcher.id, true);
    var parts = block.parts(fragmentHead.size(), sizes.fragmentBytes());
    for (var part : parts) {
      send(watcher.stream, part == parts.getLast() ? head : fragmentHead, 0, part);
    }
  }

  private void send(WatchStream stream, Bytes start, long watchId, EventBlock block) {
    sentEvents += block.count();
    emit(new WatchEffect.Send(stream.number, start, watchId, block.bytes(), block.count()), stream);
  }

  /** Sends a message without events. */
  void control(WatchStream stream, Bytes message) {
    emit(new WatchEffect.Send(stream.number, message, 0, Bytes.EMPTY, 0), stream);
  }

  private void emit(WatchEffect.Send send, WatchStream stream) {
    stream.unsentBytes += send.sizeBytes();
    turnBytes += send.sizeBytes();
    turnMessages++;
    effects.add(send);
  }
}
