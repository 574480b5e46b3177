package dev.kvorum.loadtest.crash;

import com.google.protobuf.ByteString;
import dev.kvorum.api.etcdserverpb.RangeRequest;
import dev.kvorum.api.etcdserverpb.RangeResponse;
import dev.kvorum.api.mvccpb.KeyValue;
import dev.kvorum.loadtest.wire.GrpcClient;
import dev.kvorum.loadtest.wire.GrpcStatusException;
import dev.kvorum.loadtest.wire.Methods;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads back what the writers of one {@link WriteLedger} wrote and says what is wrong with it.
 *
 * <p>Nothing else may have written to the store. Checked:
 *
 * <ul>
 *   <li>every acknowledged write is there, at the revision of its acknowledgement;
 *   <li>of a transaction both keys are there with one revision, or none, acknowledged or not;
 *   <li>nothing was applied twice: every version is 1, values are the ones sent;
 *   <li>revisions have neither holes nor ghosts: each write present raised the revision by one.
 * </ul>
 */
public final class CrashVerifier {
  private static final int PAGE_KEYS = 10_000;
  private static final int MOST_FINDINGS = 20;

  private final GrpcClient client;
  private final WriteLedger ledger;
  private final Duration patience;

  public CrashVerifier(GrpcClient client, WriteLedger ledger, Duration patience) {
    this.client = client;
    this.ledger = ledger;
    this.patience = patience;
  }

  /** Reads everything; an empty list says that all is well. */
  public List<String> findings() throws GrpcStatusException, InterruptedException {
    List<String> findings = new ArrayList<>();
    Map<Long, Long> present = new HashMap<>();
    long revision = read(present, findings);
    checkRevisions(revision, present, findings);
    ledger
        .acknowledged()
        .forEach(
            (number, acknowledged) -> {
              Long found = present.get(number);
              if (!acknowledged.equals(found)) {
                findings.add(
                    "write "
                        + number
                        + " was acknowledged at revision "
                        + acknowledged
                        + (found == null ? " and is gone" : " and is at revision " + found));
              }
            });
    return shortened(findings);
  }

  private static List<String> shortened(List<String> findings) {
    if (findings.size() <= MOST_FINDINGS) {
      return findings;
    }
    List<String> first = new ArrayList<>(findings.subList(0, MOST_FINDINGS));
    first.add("and " + (findings.size() - MOST_FINDINGS) + " more");
    return first;
  }

  /** Fills {@code present} with the revision of each write that is there; returns the store's. */
  private long read(Map<Long, Long> present, List<String> findings)
      throws GrpcStatusException, InterruptedException {
    ByteString from = ByteString.copyFromUtf8(CrashKeys.PREFIX);
    ByteString end = ByteString.copyFromUtf8(CrashKeys.PREFIX_END);
    Map<ByteString, KeyValue> half = new HashMap<>();
    while (true) {
      RangeResponse page =
          client.await(
              Methods.RANGE,
              RangeRequest.newBuilder().setKey(from).setRangeEnd(end).setLimit(PAGE_KEYS).build(),
              patience);
      for (KeyValue pair : page.getKvsList()) {
        check(pair, present, half, findings);
        from = pair.getKey().concat(ByteString.copyFrom(new byte[1]));
      }
      if (!page.getMore()) {
        half.forEach((key, _) -> findings.add("half a transaction: only " + key.toStringUtf8()));
        return page.getHeader().getRevision();
      }
    }
  }

  private void check(
      KeyValue pair,
      Map<Long, Long> present,
      Map<ByteString, KeyValue> half,
      List<String> findings) {
    String key = pair.getKey().toStringUtf8();
    long number = CrashKeys.number(pair.getKey());
    List<ByteString> keys = CrashKeys.keys(number);
    if (number >= ledger.sent() || !keys.contains(pair.getKey())) {
      findings.add(key + " was never written");
      return;
    }
    if (pair.getVersion() != 1 || pair.getCreateRevision() != pair.getModRevision()) {
      findings.add(key + " was written once and has version " + pair.getVersion());
    }
    if (!pair.getValue().equals(CrashKeys.value(number))) {
      findings.add(key + " has a value that was not written");
    }
    if (keys.size() == 1) {
      present.put(number, pair.getModRevision());
      return;
    }
    ByteString other = keys.get(pair.getKey().equals(keys.getFirst()) ? 1 : 0);
    KeyValue partner = half.remove(other);
    if (partner == null) {
      half.put(pair.getKey(), pair);
    } else if (partner.getModRevision() == pair.getModRevision()) {
      present.put(number, pair.getModRevision());
    } else {
      findings.add(key + " and its partner have different revisions");
    }
  }

  /** The store begins at revision 1, and every write takes the next one. */
  private static void checkRevisions(
      long revision, Map<Long, Long> present, List<String> findings) {
    long distinct = present.values().stream().distinct().count();
    if (distinct != present.size()) {
      findings.add(present.size() + " writes share " + distinct + " revisions");
    }
    if (revision != 1 + distinct) {
      findings.add("revision " + revision + " after " + distinct + " writes");
    }
  }
}
