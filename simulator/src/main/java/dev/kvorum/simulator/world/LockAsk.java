package dev.kvorum.simulator.world;

import dev.kvorum.storage.model.Bytes;

/** A client wants the lock of that name, with a lease of its own. */
public record LockAsk(Bytes name, long lease) {}
