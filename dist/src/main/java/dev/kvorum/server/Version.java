package dev.kvorum.server;

import java.util.Locale;

/** Which program this is, and which etcd it stands for. */
public final class Version {
  /** What clients choose features by. */
  public static final String ETCD = "3.7.1";

  private static final String PLATFORM = "%PLATFORM%";

  private Version() {}

  /**
   * What {@code --version} shows: etcd's four lines (contract S25.2) and our own. The launcher
   * shows the same file without starting Java.
   */
  static String text() {
    return Console.resource("version.txt").replace(PLATFORM, platform());
  }

  /** The revision of the sources that the program was built from. */
  static String revision() {
    return line("Git SHA: ");
  }

  /** Kvorum's own version. */
  static String own() {
    return line("Kvorum Version: ");
  }

  /** System and processor as Go names them. */
  static String platform() {
    return operatingSystem() + "/" + processor();
  }

  static String operatingSystem() {
    var name = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    return name.startsWith("mac") ? "darwin" : name;
  }

  static String processor() {
    return switch (System.getProperty("os.arch")) {
      case "amd64", "x86_64" -> "amd64";
      case "aarch64", "arm64" -> "arm64";
      default -> System.getProperty("os.arch");
    };
  }

  private static String line(String start) {
    return Console.resource("version.txt")
        .lines()
        .filter(line -> line.startsWith(start))
        .map(line -> line.substring(start.length()))
        .findFirst()
        .orElse("unknown");
  }
}
