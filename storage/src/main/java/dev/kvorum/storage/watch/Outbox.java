package dev.kvorum.storage.watch;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.Revision;
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
    var open = watcher.stream.open;
    if (open != null) {
      InvariantViolation.check(open.watcher == watcher, "fragments of a message come together");
      sendInFragments(watcher, open.header, block);
      complete(open);
    } else if (!watcher.fragment
        || block.count() < 2
        || header.size() + WatchResponses.idSize(watcher.id) + block.bytes().size()
            < sizes.fragmentBytes()) {
      send(watcher.stream, header, watcher.id, block);
    } else {
      sendInFragments(watcher, header, block);
    }
  }

  private void sendInFragments(Watcher watcher, Bytes header, EventBlock block) {
    var head = WatchResponses.head(header, watcher.id, false);
    var fragmentHead = WatchResponses.head(header, watcher.id, true);
    var parts = block.parts(fragmentHead.size(), sizes.fragmentBytes());
    for (var part : parts) {
      send(watcher.stream, part == parts.getLast() ? head : fragmentHead, 0, part);
    }
  }

  /**
   * Sends the first fragments of a message, or more of them; the rest of it is still to be read.
   *
   * @param header for all of its fragments, if these are the first
   * @param next the event that the rest begins with
   */
  void sendFirst(Watcher watcher, Bytes header, List<EventBlock> fragments, Revision next) {
    var stream = watcher.stream;
    var open = stream.open == null ? new OpenMessage(watcher, header, next) : stream.open;
    InvariantViolation.check(open.watcher == watcher, "fragments of a message come together");
    stream.open = open;
    open.next = next;
    watcher.active = true;
    var head = WatchResponses.head(open.header, watcher.id, true);
    fragments.forEach(fragment -> send(stream, head, 0, fragment));
  }

  /** Nothing more of the message comes: what waited for that is sent. */
  private void complete(OpenMessage message) {
    var stream = message.watcher.stream;
    stream.open = null;
    message.waiting.forEach(waiting -> control(stream, waiting));
  }

  private void send(WatchStream stream, Bytes start, long watchId, EventBlock block) {
    sentEvents += block.count();
    emit(new WatchEffect.Send(stream.number, start, watchId, block.bytes(), block.count()), stream);
  }

  /** Sends a message without events, between those that have some. */
  void control(WatchStream stream, Bytes message) {
    var open = stream.open;
    if (open != null) {
      open.waiting.add(message);
      return;
    }
    emit(new WatchEffect.Send(stream.number, message, 0, Bytes.EMPTY, 0), stream);
  }

  /** Tells that the watcher is canceled; what was begun of a message is all that comes of it. */
  void canceled(Watcher watcher, Bytes message) {
    var open = watcher.stream.open;
    if (open == null || open.watcher != watcher) {
      control(watcher.stream, message);
      return;
    }
    open.waiting.addFirst(message);
    complete(open);
  }

  private void emit(WatchEffect.Send send, WatchStream stream) {
    stream.unsentBytes += send.sizeBytes();
    turnBytes += send.sizeBytes();
    turnMessages++;
    effects.add(send);
  }
}
