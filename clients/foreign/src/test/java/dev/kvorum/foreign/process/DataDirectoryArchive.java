package dev.kvorum.foreign.process;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/** A data directory in a zip file: its directories and regular files, byte for byte. */
final class DataDirectoryArchive {
  private DataDirectoryArchive() {}

  /** Packs what is in {@code directory}; no process may have it open. */
  static void pack(Path directory, Path archive) throws IOException {
    try (OutputStream file = Files.newOutputStream(archive);
        ZipOutputStream zip = new ZipOutputStream(file);
        Stream<Path> walk = Files.walk(directory)) {
      List<Path> paths = walk.filter(path -> !path.equals(directory)).sorted().toList();
      for (Path path : paths) {
        String name = directory.relativize(path).toString();
        zip.putNextEntry(new ZipEntry(Files.isDirectory(path) ? name + "/" : name));
        if (Files.isRegularFile(path)) {
          Files.copy(path, zip);
        }
        zip.closeEntry();
      }
    }
  }

  /** Unpacks into {@code directory}, which is made. */
  static void unpack(InputStream archive, Path directory) {
    try (ZipInputStream zip = new ZipInputStream(archive)) {
      Files.createDirectories(directory);
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        Path path = directory.resolve(entry.getName()).normalize();
        if (!path.startsWith(directory)) {
          throw new IOException("an entry outside of the archive: " + entry.getName());
        }
        if (entry.isDirectory()) {
          Files.createDirectories(path);
        } else {
          Files.createDirectories(path.getParent());
          Files.copy(zip, path);
        }
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
