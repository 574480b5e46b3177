package dev.kvorum.simulator.planted;

import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Loads the server's and the simulator's classes once more, one of them with a bug. So what is
 * tested with bugs is what is shipped, byte for byte, but for the one place; and nothing that is
 * shipped knows of bugs.
 */
final class PlantedClasses extends ClassLoader {
  static {
    registerAsParallelCapable();
  }

  private static final String OURS = "dev.kvorum.";

  /** The two sides talk by these. */
  private static final Set<String> SHARED =
      Set.of(SeedProbe.class.getName(), Finding.class.getName());

  private final @Nullable Substitution substitution;

  /**
   * @param substitution what to plant, or null to load everything as it is
   */
  PlantedClasses(@Nullable Substitution substitution) {
    super(PlantedClasses.class.getClassLoader());
    this.substitution = substitution;
  }

  /** A probe that runs seeds with the bug. */
  SeedProbe probe() {
    return probe(WorldProbe.class.getName());
  }

  /** An object of that class, which has a constructor without arguments, with the bug. */
  SeedProbe probe(String name) {
    try {
      return (SeedProbe) loadClass(name).getDeclaredConstructor().newInstance();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("a probe can be made", e);
    }
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith(OURS) || SHARED.contains(name)) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      var loaded = findLoadedClass(name);
      return loaded == null ? define(name) : loaded;
    }
  }

  private Class<?> define(String name) throws ClassNotFoundException {
    var bytes = original(name);
    var planted =
        substitution != null && name.equals(Planter.fullName(substitution.type()))
            ? Planter.plant(bytes, substitution, getParent())
            : bytes;
    return defineClass(name, planted, 0, planted.length);
  }

  /** The class file as it was compiled. */
  static byte[] original(String name) throws ClassNotFoundException {
    var path = name.replace('.', '/') + ".class";
    try (var in = PlantedClasses.class.getClassLoader().getResourceAsStream(path)) {
      if (in == null) {
        throw new ClassNotFoundException(name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new ClassNotFoundException(name, e);
    }
  }
}
