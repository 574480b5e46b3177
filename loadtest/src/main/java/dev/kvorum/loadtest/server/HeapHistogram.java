package dev.kvorum.loadtest.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The live objects of a JVM by class, as its {@code jcmd} counts them after a full collection. */
public record HeapHistogram(Map<String, Long> bytesByClass) {
  private static final Pattern BLANKS = Pattern.compile("\\s+");

  public HeapHistogram {
    bytesByClass = Map.copyOf(bytesByClass);
  }

  /** Asks the JVM, with the tool that lies beside its own program. */
  public static HeapHistogram of(long pid) throws InterruptedException {
    try {
      Path java = Files.readSymbolicLink(Path.of("/proc", Long.toString(pid), "exe"));
      Process jcmd =
          new ProcessBuilder(
                  java.resolveSibling("jcmd").toString(), Long.toString(pid), "GC.class_histogram")
              .redirectErrorStream(true)
              .start();
      String output = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (jcmd.waitFor() != 0) {
        throw new IllegalStateException("jcmd: " + output);
      }
      return parse(output.lines());
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Lines such as {@code 1: 5000 120000 java.lang.Long (java.base@25)}. */
  static HeapHistogram parse(Stream<String> lines) {
    return new HeapHistogram(
        lines
            .map(line -> BLANKS.split(line.strip(), -1))
            .filter(columns -> columns.length >= 4 && columns[0].endsWith(":"))
            .filter(columns -> columns[2].chars().allMatch(Character::isDigit))
            .collect(
                Collectors.toMap(
                    columns -> columns[3], columns -> Long.parseLong(columns[2]), Long::sum)));
  }

  /** What the objects of a class take, 0 if there are none. */
  public long bytesOf(String className) {
    return bytesByClass.getOrDefault(className, 0L);
  }

  /** What all of them take. */
  public long bytes() {
    return bytesByClass.values().stream().mapToLong(Long::longValue).sum();
  }
}
