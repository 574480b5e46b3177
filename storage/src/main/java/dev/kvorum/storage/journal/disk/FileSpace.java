package dev.kvorum.storage.journal.disk;

import java.io.IOException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * Space on the disk that a file owns and nobody has written: Linux's {@code fallocate}, for which
 * Java has no word. Such space reads as zeros. Loaded only when it is needed.
 */
// The compiler warns of every use of a linker, because a wrong signature can crash the process: the
// signatures below are those of Linux with 64 bits, and nowhere else are they used.
@SuppressWarnings("restricted")
final class FileSpace {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfLong OFFSET = ValueLayout.JAVA_LONG;
  private static final AddressLayout POINTER = ValueLayout.ADDRESS;

  /** Of {@code open}, whose third parameter is only there when a file is made. */
  private static final Linker.Option VARIADIC = Linker.Option.firstVariadicArg(2);

  private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final long ERRNO_AT =
      STATE.byteOffset(MemoryLayout.PathElement.groupElement("errno"));

  private static final int READ_WRITE = 2;
  private static final int CLOSE_ON_EXEC = 0x80000;
  private static final int NO_SPACE = 28;
  private static final int QUOTA_EXCEEDED = 122;

  private FileSpace() {}

  /**
   * Gives the file the space {@code [offset, offset + length)} and makes it as long as that.
   *
   * @return false if that cannot be done here; then the file is as it was
   * @throws IOException if there is not so much space
   */
  static boolean reserve(Path file, long offset, long length) throws IOException {
    if (!System.getProperty("os.name").equals("Linux") || POINTER.byteSize() != Long.BYTES) {
      return false;
    }
    int error;
    try (var arena = Arena.ofConfined()) {
      var path = arena.allocateFrom(file.toString());
      int opened =
          (int)
              function(FunctionDescriptor.of(INT, POINTER, INT), "open", VARIADIC)
                  .invokeExact(path, READ_WRITE | CLOSE_ON_EXEC);
      if (opened < 0) {
        return false;
      }
      try {
        error = allocate(arena.allocate(STATE), opened, offset, length);
      } finally {
        var _ = (int) function(FunctionDescriptor.of(INT, INT), "close").invokeExact(opened);
      }
    } catch (Throwable notHere) {
      return false;
    }
    if (error == NO_SPACE || error == QUOTA_EXCEEDED) {
      throw new IOException("No space left on device");
    }
    return error == 0;
  }

  private static int allocate(MemorySegment state, int opened, long offset, long length)
      throws Throwable {
    int result =
        (int)
            function(FunctionDescriptor.of(INT, INT, INT, OFFSET, OFFSET), "fallocate", ERRNO)
                .invokeExact(state, opened, 0, offset, length);
    return result == 0 ? 0 : state.get(INT, ERRNO_AT);
  }

  private static MethodHandle function(
      FunctionDescriptor signature, String name, Linker.Option... options) {
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), signature, options);
  }
}
