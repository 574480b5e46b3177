package dev.kvorum.verticles.stage;

import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.CommandCodec;
import dev.kvorum.storage.model.Envelope;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.MalformedProto;

/** An entry that carries a command, taken apart. */
record Logged(Entry entry, Envelope envelope, Command command) {
  static Logged open(Entry entry) {
    var envelope = Envelope.decode(entry.payload());
    try {
      return new Logged(entry, envelope, CommandCodec.decode(envelope.kind(), envelope.body()));
    } catch (MalformedProto malformed) {
      throw new InvariantViolation(
          "a request was checked before it was logged, entry " + entry.index() + ": " + malformed);
    }
  }
}
