package dev.kvorum.storage.watch;

/**
 * How far a stream is behind.
 *
 * @param stream its number
 * @param watchersBehind how many of its watchers read history
 * @param revisions that the one furthest behind has still to get, or to pass over
 * @param unsentBytes what was sent to it and its transport has not taken
 */
public record StreamLag(long stream, int watchersBehind, long revisions, long unsentBytes) {}
