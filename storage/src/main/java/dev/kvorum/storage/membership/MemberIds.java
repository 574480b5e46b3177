package dev.kvorum.storage.membership;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;

/**
 * Computes the ids of members and clusters (contract S14.1).
 *
 * <p>An id is the first eight bytes of a SHA-1, read as a big-endian number; all 64 bits count, so
 * ids compare and print as unsigned. SHA-1 is a name here and not a defence: every member derives
 * the same ids from the same configuration, and nothing trusts an id because of its hash.
 */
public final class MemberIds {
  private MemberIds() {}

  /**
   * The id of a member that is named by the configuration its cluster is born with.
   *
   * @param peerUrls the member's peer URLs in any order; they are sorted before hashing
   * @param clusterToken {@code --initial-cluster-token}, which tells apart two clusters on the same
   *     URLs
   */
  public static long ofFoundingMember(Collection<String> peerUrls, String clusterToken) {
    return firstEightBytes(sha1(joined(peerUrls) + clusterToken));
  }

  /**
   * The id of a member added to a running cluster. The token is left out, the second of the
   * addition is in: so a member that was removed and added again gets another id.
   *
   * @param addedAtSeconds seconds since 1970
   */
  public static long ofAddedMember(Collection<String> peerUrls, long addedAtSeconds) {
    return firstEightBytes(sha1(joined(peerUrls) + addedAtSeconds));
  }

  /** The id of the cluster that these members found; their order does not matter. */
  public static long ofCluster(Collection<Long> foundingMembers) {
    var bytes = ByteBuffer.allocate(foundingMembers.size() * Long.BYTES);
    foundingMembers.stream().sorted(Long::compareUnsigned).forEach(bytes::putLong);
    return firstEightBytes(newSha1().digest(bytes.array()));
  }

  /** Lower-case hexadecimal without padding, as logs, files and tools show ids. */
  public static String text(long id) {
    return Long.toHexString(id);
  }

  private static String joined(Collection<String> peerUrls) {
    return String.join("", peerUrls.stream().sorted().toList());
  }

  private static byte[] sha1(String text) {
    return newSha1().digest(text.getBytes(StandardCharsets.UTF_8));
  }

  private static MessageDigest newSha1() {
    try {
      return MessageDigest.getInstance("SHA-1");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java platform has SHA-1", impossible);
    }
  }

  private static long firstEightBytes(byte[] digest) {
    return ByteBuffer.wrap(digest).getLong();
  }
}
