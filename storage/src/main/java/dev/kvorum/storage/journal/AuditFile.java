package dev.kvorum.storage.journal;

import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.DiskOperation;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The file {@code audit} beside the journal: a line for every finding that was not sound and for
 * every act of an operator (P21). Lines are only ever added. What a line says is up to the caller.
 */
public final class AuditFile {
  /** Its path. */
  public static final String PATH = "audit";

  private AuditFile() {}

  /** Adds lines; they are durable on return. Blocks. */
  public static void append(Disk disk, List<String> lines) throws DiskFaultException {
    var text = new StringBuilder();
    for (var line : lines) {
      text.append(line.replace('\n', ' ')).append('\n');
    }
    var operations = new ArrayList<DiskOperation>();
    var isNew = !disk.exists(PATH);
    if (isNew) {
      operations.add(new DiskOperation.Create(PATH));
    }
    var content = ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8));
    operations.add(new DiskOperation.Write(PATH, isNew ? 0 : disk.size(PATH), content));
    operations.add(new DiskOperation.Sync(PATH));
    if (isNew) {
      operations.add(new DiskOperation.SyncDirectory(""));
    }
    disk.perform(operations);
  }
}
