package dev.kvorum.server;

import dev.kvorum.server.config.Startup;
import java.util.List;

/** The program: finds out what it is asked to do, does it, and ends as etcd would. */
public final class Main {
  private static final int FAILED = 1;
  private static final int MISUSED = 2;

  private Main() {}

  public static void main(String[] arguments) {
    var given = List.of(arguments);
    switch (Startup.read(given, System.getenv())) {
      case Startup.ShowVersion() -> Console.out(Version.text());
      case Startup.ShowHelp() -> Console.out(Console.help());
      case Startup.Misused(var message) -> {
        Console.err(message + "\n" + Console.USAGE);
        System.exit(MISUSED);
      }
      case Startup.Refused(var notes) -> {
        Server.announce(given, notes);
        System.exit(FAILED);
      }
      case Startup.Run run -> serve(given, run);
    }
  }

  private static void serve(List<String> given, Startup.Run run) {
    var signals = Signals.watch();
    var served = Server.serve(given, run, signals::await, _ -> {}, StartCache::renewWhenMissing);
    if (!served) {
      System.exit(FAILED);
    }
    signals.die();
  }
}
