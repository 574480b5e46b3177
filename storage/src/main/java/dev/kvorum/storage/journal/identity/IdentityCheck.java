package dev.kvorum.storage.journal.identity;

import dev.kvorum.storage.journal.Verdict;
import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import org.jspecify.annotations.Nullable;

/**
 * What the offline check finds in the identity file, read as a start reads it.
 *
 * @param identity whose data it is, or null if that is not known
 * @param refused whether a start refuses the directory because of it
 */
public record IdentityCheck(Verdict verdict, @Nullable Identity identity, boolean refused) {
  /** Reads the file and changes nothing. */
  public static IdentityCheck of(Disk disk) throws DiskFaultException {
    return switch (IdentityFile.read(disk)) {
      case IdentityFile.Found.Missing() ->
          refused(Verdict.Kind.CONTRADICTION, "there is none: not a data directory of Kvorum");
      case IdentityFile.Found.Newer(var format) ->
          refused(Verdict.Kind.CONTRADICTION, "format " + format + " of a newer release");
      case IdentityFile.Found.Damaged() ->
          refused(Verdict.Kind.ROT, "all three copies are damaged");
      case IdentityFile.Found.Known(var identity) -> known(disk, identity);
    };
  }

  private static IdentityCheck refused(Verdict.Kind kind, String detail) {
    return new IdentityCheck(Verdict.of(kind, IdentityFile.PATH, detail), null, true);
  }

  private static IdentityCheck known(Disk disk, Identity identity) {
    var whole = IdentityFile.wholeCopies(disk);
    var who =
        "member %x of cluster %x, start %d"
            .formatted(identity.memberId(), identity.clusterId(), identity.incarnation());
    if (identity.unsafe()) {
      return new IdentityCheck(
          Verdict.of(Verdict.Kind.LOST, IdentityFile.PATH, who + "; was written without syncing"),
          identity,
          true);
    }
    return new IdentityCheck(
        whole == IdentityFile.COPIES
            ? Verdict.of(Verdict.Kind.SOUND, IdentityFile.PATH, who)
            : Verdict.of(
                Verdict.Kind.ROT,
                IdentityFile.PATH,
                "%s; %d of %d copies are whole".formatted(who, whole, IdentityFile.COPIES)),
        identity,
        false);
  }
}
