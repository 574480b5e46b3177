package dev.kvorum.server;

import dev.kvorum.server.config.Startup;
import java.util.List;

/** The program: finds out what it is asked to do, does it, and ends as etcd would. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    var given = List.of(arguments);
    switch (Startup.read(given, System.getenv())) {
      case Startup.ShowVersion() -> Console.out(Version.text());
      case Startup.ShowHelp() -> Console.out(Console.help());
      case Startup.Misused(var message) -> {
        Console.err(message + "\n" + Console.USAGE);
        System.exit(ExitStatus.MISUSED);
      }
      case Startup.Refused(var notes) -> {
        Server.announce(given, notes);
        System.exit(ExitStatus.FAILED);
      }
      case Startup.Run run -> serve(given, run);
    }
  }

  private static void serve(List<String> given, Startup.Run run) {
    var signals = Signals.watch();
    var status = Server.serve(given, run, signals::await, _ -> {}, StartCache::renewWhenMissing);
    if (status != 0) {
      System.exit(status);
    }
    signals.die();
  }
}
