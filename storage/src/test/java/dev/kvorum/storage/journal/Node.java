package dev.kvorum.storage.journal;

import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.FaultyDisk;
import dev.kvorum.storage.journal.vote.VoteFiles;
import dev.kvorum.storage.model.Bytes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** A journal with the loop around it, as a member would run it, on one thread. */
final class Node {
  static final Owner OWNER = new Owner(0xcdf8, 0x8e9e);

  /** Small enough that a few entries fill a segment. */
  static final JournalOptions SMALL = new JournalOptions(16384, 4096, 4096, 4096, 2, 0);

  final Disk disk;
  final Journal journal;
  final JournalDriver driver;
  final List<JournalOutcome> outcomes = new ArrayList<>();
  private final ArrayDeque<Runnable> loop = new ArrayDeque<>();

  Node(Disk disk, Journal journal) {
    this.disk = disk;
    this.journal = journal;
    this.driver = new JournalDriver(journal, disk, loop::add, outcomes::add);
  }

  static Node open(Disk disk, boolean fresh) throws DiskFaultException {
    return open(disk, SMALL, fresh, new Keep.Everything());
  }

  static Node open(Disk disk, JournalOptions options, boolean fresh, Keep keep)
      throws DiskFaultException {
    var vote = (VoteFiles.Found.Known) VoteFiles.load(disk, fresh);
    var scan = JournalScan.read(disk, OWNER, fresh);
    return new Node(disk, Journal.open(disk, OWNER, options, scan, keep, vote));
  }

  /** Handles what has come back to the loop; false if nothing had. */
  boolean turn() {
    var work = loop.poll();
    if (work == null) {
      return false;
    }
    work.run();
    return true;
  }

  /** Works until the disk has nothing more to do. */
  void settle() {
    driver.pump();
    var going = true;
    while (going) {
      going = turn();
      going |= disk instanceof FaultyDisk faulty && faulty.step();
    }
  }

  long append(Entry... entries) {
    return journal.append(List.of(entries), journal.commit());
  }

  /** Everything that can be read back. */
  List<Entry> entries() throws DiskFaultException {
    return journal
        .range(journal.firstIndex(), journal.lastDurable().index() + 1)
        .read(disk, Long.MAX_VALUE);
  }

  static Entry entry(long term, long index, String payload) {
    return new Entry(term, index, Entry.Type.COMMAND, Bytes.utf8(payload));
  }

  static Entry entry(long term, long index, int size) {
    var payload = new byte[size];
    for (var i = 0; i < size; i++) {
      payload[i] = (byte) (31L * i + 7 * index + term);
    }
    return new Entry(term, index, Entry.Type.COMMAND, Bytes.wrap(payload));
  }
}
