package dev.kvorum.storage.journal.vote;

import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.Verdict;
import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.DiskOperation;
import dev.kvorum.storage.model.InvariantViolation;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The two vote files (P8). A vote goes to {@code vote.a}, which is synced, then to {@code vote.b},
 * which is synced, and is answered after that. So whatever happens to one of them, the other holds
 * the same vote, or one before it that was never answered, and both are safe to go on with.
 *
 * <pre>
 * offset  size  field, in one sector of 512 bytes
 *      0     4  "KVJV"
 *      4     2  format, 1
 *      6     2  claim: 0 sound, 1 reached a position, 2 unknown
 *      8     8  generation: one more with each vote written
 *     16     8  term
 *     24     8  member voted for, 0 for none
 *     32     8  index of the claim
 *     40     8  term of the claim
 *    508     4  CRC32C of the 508 bytes before
 * </pre>
 */
public final class VoteFiles {
  private static final String FIRST = "vote.a";
  private static final String SECOND = "vote.b";
  private static final int BYTES = 512;
  private static final int CHECKSUM_AT = 508;
  private static final int MAGIC = 0x564a564b;
  private static final int FORMAT = 1;

  /** What the two files say. */
  public sealed interface Found {
    /**
     * The newest vote; both files hold it, durably.
     *
     * @param generation how often a vote was written
     */
    record Known(Vote vote, long generation) implements Found {}

    /**
     * This member cannot know any more for whom it voted, and must join again under a new member
     * id; or a newer release wrote the files. Refuse to start and show the message.
     */
    record Forgotten(String message) implements Found {}
  }

  private VoteFiles() {}

  /**
   * Reads both files and makes them equal. Blocks.
   *
   * @param newDirectory whether the directory has no identity yet, so that missing files are right
   */
  public static Found load(Disk disk, boolean newDirectory) throws DiskFaultException {
    var first = read(disk, FIRST);
    var second = read(disk, SECOND);
    if (first == null && second == null) {
      if (!newDirectory) {
        return new Found.Forgotten(
            "both vote.a and vote.b are missing or damaged: this member may have voted and must"
                + " not vote again under its id; remove it from the cluster and add it anew");
      }
      return store(disk, List.of(FIRST, SECOND), new Found.Known(Vote.NONE, 1));
    }
    // Written again in any case: what the last process wrote may be visible and not yet durable.
    // The file that holds the newest vote is touched last.
    if (second == null || (first != null && first.generation >= second.generation)) {
      var newest = InvariantViolation.present(first, "one of the two files is sound");
      return store(disk, List.of(SECOND, FIRST), newest);
    }
    return store(disk, List.of(FIRST, SECOND), second);
  }

  /** What a look at both files tells; changes nothing. One finding for each. */
  public static List<Verdict> check(Disk disk) {
    var first = read(disk, FIRST);
    var second = read(disk, SECOND);
    return List.of(verdict(FIRST, first, second), verdict(SECOND, second, first));
  }

  private static Verdict verdict(
      String path, Found.@Nullable Known found, Found.@Nullable Known other) {
    if (found == null) {
      return Verdict.of(
          Verdict.Kind.ROT,
          path,
          other == null
              ? "missing or damaged, and so is the other: this member must not vote again"
              : "missing or damaged; the other one is whole");
    }
    var claim =
        switch (found.vote.claim()) {
          case Claim.Sound() -> "";
          case Claim.Reached(var position) ->
              ", the log once reached index " + position.index() + " of term " + position.term();
          case Claim.Unknown() -> ", the log was damaged and nothing tells how far it reached";
        };
    return Verdict.of(Verdict.Kind.SOUND, path, "term " + found.vote.term() + claim);
  }

  private static Found store(Disk disk, List<String> paths, Found.Known known)
      throws DiskFaultException {
    var operations = new ArrayList<DiskOperation>();
    for (var path : paths) {
      if (!disk.exists(path)) {
        operations.add(new DiskOperation.Create(path));
      }
    }
    operations.addAll(write(paths, known.vote, known.generation));
    operations.add(new DiskOperation.SyncDirectory(""));
    disk.perform(operations);
    return known;
  }

  /** What writes a vote; it is durable in both files when the operations are done. */
  public static List<DiskOperation> write(Vote vote, long generation) {
    return write(List.of(FIRST, SECOND), vote, generation);
  }

  private static List<DiskOperation> write(List<String> paths, Vote vote, long generation) {
    var sector = encode(vote, generation);
    var operations = new ArrayList<DiskOperation>();
    for (var path : paths) {
      operations.add(new DiskOperation.Write(path, 0, sector));
      operations.add(new DiskOperation.Sync(path));
    }
    return operations;
  }

  private static ByteBuffer encode(Vote vote, long generation) {
    var sector = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    sector.putInt(0, MAGIC);
    sector.putShort(4, (short) FORMAT);
    sector.putLong(8, generation);
    sector.putLong(16, vote.term());
    sector.putLong(24, vote.votedFor());
    switch (vote.claim()) {
      case Claim.Sound() -> {}
      case Claim.Reached(var position) -> {
        sector.putShort(6, (short) 1);
        sector.putLong(32, position.index());
        sector.putLong(40, position.term());
      }
      case Claim.Unknown() -> sector.putShort(6, (short) 2);
    }
    sector.putInt(CHECKSUM_AT, checksum(sector));
    return sector;
  }

  private static Found.@Nullable Known read(Disk disk, String path) {
    var sector = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    try {
      if (!disk.exists(path) || disk.read(path, 0, sector) < BYTES) {
        return null;
      }
    } catch (DiskFaultException _) {
      // Unreadable is as good as damaged.
      return null;
    }
    var whole =
        sector.getInt(0) == MAGIC
            && sector.getShort(4) == FORMAT
            && sector.getInt(CHECKSUM_AT) == checksum(sector);
    if (!whole) {
      return null;
    }
    var claim =
        switch (sector.getShort(6)) {
          case 0 -> new Claim.Sound();
          case 1 -> new Claim.Reached(new EntryId(sector.getLong(40), sector.getLong(32)));
          default -> new Claim.Unknown();
        };
    return new Found.Known(
        new Vote(sector.getLong(16), sector.getLong(24), claim), sector.getLong(8));
  }

  private static int checksum(ByteBuffer sector) {
    var crc = new CRC32C();
    crc.update(sector.slice(0, CHECKSUM_AT));
    return (int) crc.getValue();
  }
}
