package dev.kvorum.storage.journal;

import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was found in the journal at boot, sector by sector, and how it is classified (P4). Scanning
 * changes nothing on the disk; the offline check uses it as well.
 */
public final class JournalScan {
  /** Reads and classifies the whole journal. Blocks. */
  public static JournalScan read(Disk disk, Owner owner) throws DiskFaultException {
    throw new UnsupportedOperationException(disk + " " + owner);
  }

  /** Nothing acknowledged is missing and nothing contradicts itself. */
  public boolean isSound() {
    throw new UnsupportedOperationException();
  }

  /** A line for each segment (P21), oldest first. */
  public List<String> reports() {
    throw new UnsupportedOperationException();
  }

  /** What was durable and is damaged now, oldest first. */
  public List<Damage> damages() {
    throw new UnsupportedOperationException();
  }

  /**
   * Why the files cannot be what this program wrote, or null: sectors that are whole and yet do not
   * fit together, another member's segment, a newer format. Refuse to start.
   */
  public @Nullable String contradiction() {
    throw new UnsupportedOperationException();
  }
}
