package dev.kvorum.simulator.command;

import java.util.Arrays;

/** The command {@code ./kvorum simulate}. */
public final class Main {
  private static final int BAD_USAGE = 2;

  private Main() {}

  public static void main(String[] words) throws InterruptedException {
    System.exit(run(words));
  }

  private static int run(String[] words) throws InterruptedException {
    if (Arrays.asList(words).contains("--help")) {
      System.out.println(Arguments.USAGE);
      return 0;
    }
    if (Arrays.equals(words, new String[] {"--benchmark"})) {
      return Benchmark.run(System.out);
    }
    try {
      return new SimulateCommand(Arguments.parse(words), System.out).run();
    } catch (Arguments.UsageException bad) {
      System.err.println("kvorum simulate: " + bad.getMessage());
      System.err.println(Arguments.USAGE);
      return BAD_USAGE;
    }
  }
}
