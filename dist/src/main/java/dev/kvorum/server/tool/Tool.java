package dev.kvorum.server.tool;

import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.identity.DirectoryRefusedException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The program behind {@code kvorum check} and {@code kvorum repair}. */
public final class Tool {
  private Tool() {}

  public static void main(String[] arguments) {
    var out =
        new PrintStream(
            new java.io.FileOutputStream(java.io.FileDescriptor.out), true, StandardCharsets.UTF_8);
    System.exit(run(List.of(arguments), out));
  }

  /**
   * Runs a tool.
   *
   * @return what the process ends with
   */
  static int run(List<String> given, PrintStream out) {
    Arguments arguments;
    try {
      arguments = Arguments.read(given);
    } catch (Arguments.MisuseException e) {
      out.println(e.getMessage() + "\n\n" + Arguments.USAGE);
      return Outcome.MISUSED.code();
    }
    Outcome outcome;
    try {
      outcome =
          switch (arguments.command()) {
            case "check" -> new Check(arguments, out).run();
            case "repair" -> new Repair(arguments, out).run();
            default -> {
              out.println(Arguments.USAGE);
              yield Outcome.MISUSED;
            }
          };
    } catch (DirectoryRefusedException e) {
      out.println(e.getMessage());
      outcome = Outcome.FOREIGN;
    } catch (DiskFaultException | IOException e) {
      out.println(e.getMessage());
      outcome = Outcome.FAILED;
    }
    out.println("result: " + outcome);
    return outcome.code();
  }
}
