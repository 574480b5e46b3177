package dev.kvorum.storage.journal;

/**
 * What the journal did since it was opened. Times are measured by whoever performs the jobs.
 *
 * @param batches synced batches
 * @param entries entries in them
 * @param payloadBytes their payloads
 * @param writtenBytes bytes of their sectors
 * @param votes synced votes
 * @param segments segments that hold the log now
 * @param segmentBytes the size of those segments
 */
public record JournalStatistics(
    long batches,
    long entries,
    long payloadBytes,
    long writtenBytes,
    long votes,
    int segments,
    long segmentBytes) {}
