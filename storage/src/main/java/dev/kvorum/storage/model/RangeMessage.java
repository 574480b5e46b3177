package dev.kvorum.storage.model;

/**
 * What is known of a range's message before its first byte is made.
 *
 * @param keyValueBytes what the key-values take as fields of the message
 * @param largestBytes the largest of them
 * @param isLast whether it ends the answer; this one alone shows the three that follow
 * @param headerRevision the store's main revision when the range was read
 * @param more whether a limit left keys out
 * @param count the keys in the range, whatever the limit
 */
public record RangeMessage(
    long keyValueBytes,
    int largestBytes,
    boolean isLast,
    long headerRevision,
    boolean more,
    long count) {}
