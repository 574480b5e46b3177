package dev.kvorum.server.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipInputStream;

/** Data directories that earlier releases wrote; see {@link EarlierFormatsTest}. */
final class RecordedFormat {
  static final Founding.Source NO_FOUNDING =
      () -> {
        throw new AssertionError("a directory with data founds nothing");
      };

  private RecordedFormat() {}

  static void unpack(String format, Path directory) throws IOException {
    try (var resource = RecordedFormat.class.getResourceAsStream("/formats/" + format + ".zip")) {
      assertThat(resource).isNotNull();
      var zip = new ZipInputStream(resource);
      for (var entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        var path = directory.resolve(entry.getName()).normalize();
        if (entry.isDirectory()) {
          Files.createDirectories(path);
        } else {
          var parent = path.getParent();
          if (parent != null) {
            Files.createDirectories(parent);
          }
          Files.copy(zip, path);
        }
      }
    }
  }

  static OpenedMember open(Path directory) throws Exception {
    return MemberBoot.open(directory, null, NO_FOUNDING);
  }
}
