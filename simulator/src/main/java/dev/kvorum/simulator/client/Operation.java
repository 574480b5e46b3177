package dev.kvorum.simulator.client;

/**
 * A client's decision to do something. What it does follows from the seed and from what the client
 * remembers then, so any part of a schedule of operations can be left out, and the rest stays as it
 * was.
 *
 * @param atNanos when; later if the client still waits for an answer
 * @param client who, counted from 0
 * @param seed of everything that is random about it
 */
public record Operation(long atNanos, int client, long seed) {}
