package dev.kvorum.storage.journal.identity;

/**
 * Who the data in a directory belongs to.
 *
 * @param clusterId the cluster's id (contract S14.1), any 64 bits
 * @param memberId this member's id (contract S14.1), any 64 bits
 * @param name the member's name when the directory was created
 * @param incarnation how often the directory was opened for serving, from 1; peers tell by it that
 *     a member restarted (P6)
 * @param unsafe the directory was once written without syncing; a normal start refuses it (P20)
 */
public record Identity(
    long clusterId, long memberId, String name, long incarnation, boolean unsafe) {
  /** The identity of the next start. */
  public Identity nextIncarnation() {
    return new Identity(clusterId, memberId, name, incarnation + 1, unsafe);
  }

  /** The same, marked as written without syncing. */
  public Identity markUnsafe() {
    return new Identity(clusterId, memberId, name, incarnation, true);
  }
}
