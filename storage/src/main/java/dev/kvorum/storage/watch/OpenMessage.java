package dev.kvorum.storage.watch;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Revision;
import java.util.ArrayList;
import java.util.List;

/**
 * A message on its way to a watcher in fragments (contract S9.12), of which the last is still to be
 * read from history.
 *
 * <p>Nothing else may come on the stream in between: a client puts fragments together as they come,
 * and what interrupts them is lost on it. So the stream's other watchers wait behind, and its
 * messages without events wait here.
 */
final class OpenMessage {
  final Watcher watcher;

  /** Of the first fragment, and so of all. */
  final Bytes header;

  /** The first event that no fragment has had. */
  Revision next;

  /** Messages without events, in order. */
  final List<Bytes> waiting = new ArrayList<>();

  OpenMessage(Watcher watcher, Bytes header, Revision next) {
    this.watcher = watcher;
    this.header = header;
    this.next = next;
  }
}
