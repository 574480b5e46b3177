package dev.kvorum.server.boot;

import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.DiskOperation;
import dev.kvorum.storage.journal.disk.DiskResult;
import dev.kvorum.storage.journal.disk.ForwardingDisk;
import java.nio.ByteBuffer;
import java.util.List;

/** A real disk that writes down what is done to it. Submitted work is done at once. */
final class RecordedDisk extends ForwardingDisk {
  private final List<DiskOperation> recording;

  RecordedDisk(Disk disk, List<DiskOperation> recording) {
    super(disk);
    this.recording = recording;
  }

  @Override
  public void submit(List<DiskOperation> operations, Completion completion) {
    try {
      perform(operations);
      completion.completed(new DiskResult.Done());
    } catch (DiskFaultException fault) {
      completion.completed(new DiskResult.Failed(0, fault.fault()));
    }
  }

  @Override
  public void perform(List<DiskOperation> operations) throws DiskFaultException {
    for (var operation : operations) {
      var kept = kept(operation);
      super.perform(List.of(operation));
      recording.add(kept);
    }
  }

  /** The journal uses its buffers again. */
  private static DiskOperation kept(DiskOperation operation) {
    if (operation instanceof DiskOperation.Write(var path, var offset, var content)) {
      var copy = ByteBuffer.allocate(content.remaining()).put(content.duplicate()).flip();
      return new DiskOperation.Write(path, offset, copy);
    }
    return operation;
  }

  @Override
  public void close() {
    // The disk beneath belongs to the data directory.
  }
}
