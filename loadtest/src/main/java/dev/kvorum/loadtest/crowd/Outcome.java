package dev.kvorum.loadtest.crowd;

import java.util.Locale;
import java.util.Map;

/**
 * What became of a crowd, and of the one beside it.
 *
 * @param ends how often each end came, by its text: {@code 0} for success
 * @param bytes of all answers together
 * @param largestMessageBytes the largest message of all of them
 * @param seconds until the last one ended
 * @param puts small puts that were acknowledged meanwhile
 * @param refusedPuts small puts that were too many for the server, after each of which another came
 * @param timedOutPuts the same for those that the server did not answer in its time
 * @param longestPutMillis the longest that one took, those included that failed before it
 * @param peakGrowthBytes how much the process had in RAM at most above what it had before
 * @param mostAnswersBytes the most that the ledger's answers showed at a look
 * @param mostRequestsBytes the most that the ledger's requests showed at a look
 */
public record Outcome(
    Map<String, Integer> ends,
    long bytes,
    long largestMessageBytes,
    double seconds,
    long puts,
    long refusedPuts,
    long timedOutPuts,
    long longestPutMillis,
    long peakGrowthBytes,
    long mostAnswersBytes,
    long mostRequestsBytes) {

  public Outcome {
    ends = Map.copyOf(ends);
  }

  public int succeeded() {
    return ends.getOrDefault("0", 0);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s, %.0f MB/s in messages of up to %d MiB, %.1f s; small puts %d (and %d refused, %d timed"
            + " out), longest %d ms; peak +%d MiB, ledger answers %d MiB, requests %d MiB",
        ends,
        bytes / 1e6 / seconds,
        largestMessageBytes >> 20,
        seconds,
        puts,
        refusedPuts,
        timedOutPuts,
        longestPutMillis,
        peakGrowthBytes >> 20,
        mostAnswersBytes >> 20,
        mostRequestsBytes >> 20);
  }
}
