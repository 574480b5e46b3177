package dev.kvorum.storage.journal.disk;

import java.util.NavigableMap;

/**
 * A change of a directory of a {@link FaultyDisk} that is not synced. Names are paths from the
 * root; a directory is a name whose image is {@link #DIRECTORY}.
 */
sealed interface NameChange {
  /** Stands for a directory where a file's image would. */
  FileImage DIRECTORY = new FileImage();

  /** The path of the name that appears or goes. */
  String path();

  void applyTo(NavigableMap<String, FileImage> names);

  record Put(String path, FileImage image) implements NameChange {
    @Override
    public void applyTo(NavigableMap<String, FileImage> names) {
      names.put(path, image);
    }
  }

  /** A renaming is one change: nobody finds both names, or neither. */
  record Moved(String path, String target, FileImage image) implements NameChange {
    @Override
    public void applyTo(NavigableMap<String, FileImage> names) {
      names.remove(path);
      names.put(target, image);
    }
  }

  record Gone(String path) implements NameChange {
    @Override
    public void applyTo(NavigableMap<String, FileImage> names) {
      names.remove(path);
    }
  }

  /** The directory that a sync makes the change durable of. */
  default String directory() {
    return directoryOf(path());
  }

  static String directoryOf(String path) {
    var slash = path.lastIndexOf('/');
    return slash < 0 ? "" : path.substring(0, slash);
  }
}
