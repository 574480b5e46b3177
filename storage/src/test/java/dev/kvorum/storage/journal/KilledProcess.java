package dev.kvorum.storage.journal;

import dev.kvorum.storage.journal.identity.DataDirectory;
import dev.kvorum.storage.journal.identity.Identity;
import dev.kvorum.storage.journal.vote.VoteFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Appends as fast as it can and prints each index when it is durable, until somebody kills it. The
 * other half of {@link KillTest}.
 */
final class KilledProcess {
  private KilledProcess() {}

  public static void main(String[] arguments) throws Exception {
    var directory = DataDirectory.open(Path.of(arguments[0]), null);
    var fresh = directory.identity() == null;
    var disk = directory.logDisk();
    var vote = (VoteFiles.Found.Known) VoteFiles.load(disk, fresh);
    var scan = JournalScan.read(disk, Node.OWNER, fresh);
    var decision = LoneVoter.decide(scan, EntryId.ORIGIN, arguments[0]);
    if (!(decision instanceof StartDecision.Start(var keep, _))) {
      throw new AssertionError(decision);
    }
    var options = new JournalOptions(1 << 20, 1 << 16, 1 << 16, 1 << 16, 2, 1 << 18);
    var journal = Journal.open(disk, Node.OWNER, options, scan, keep, vote);
    if (fresh) {
      directory.writeIdentity(
          new Identity(Node.OWNER.clusterId(), Node.OWNER.memberId(), "killed", 1, false));
    }
    System.out.println("opened " + journal.last().index());
    var loop = new LinkedBlockingQueue<Runnable>();
    var driver =
        new JournalDriver(
            journal,
            disk,
            loop::add,
            outcome -> System.out.println("durable " + journal.lastDurable().index()));
    while (true) {
      var entries = new ArrayList<Entry>();
      for (var i = 0; i < 5; i++) {
        var index = journal.last().index() + 1 + i;
        entries.add(Node.entry(1, index, (int) (index * 37 % 900)));
      }
      journal.append(entries, journal.lastDurable().index());
      driver.pump();
      loop.take().run();
    }
  }
}
