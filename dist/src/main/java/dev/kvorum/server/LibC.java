package dev.kvorum.server;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/** The few calls of the C library that Java has no word for. Loaded only when one is needed. */
// The compiler warns of every use of a linker, because a wrong signature can crash the process: the
// signatures below are those of POSIX, with int, size_t and pointers alone.
@SuppressWarnings("restricted")
final class LibC {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfLong SIZE = ValueLayout.JAVA_LONG;
  private static final AddressLayout POINTER = ValueLayout.ADDRESS;

  private static final int FAMILY_UNIX = 1;
  private static final int TYPE_DATAGRAM = 2;
  private static final int SOCKET_PATH_BYTES = 108;

  private LibC() {}

  /** Sends this process a signal; does not return when its action is to die. */
  static void raise(int signal) {
    try {
      var _ = (int) function("raise", INT, INT).invokeExact(signal);
    } catch (Throwable failed) {
      throw new IllegalStateException("raise", failed);
    }
  }

  /**
   * Sends one datagram to a Unix socket.
   *
   * @param path of the socket; a leading {@code @} stands for the abstract name space
   * @return whether the system took it
   */
  static boolean sendDatagram(String path, String message) {
    var name = path.getBytes(StandardCharsets.UTF_8);
    if (name.length >= SOCKET_PATH_BYTES) {
      return false;
    }
    if (name[0] == '@') {
      name[0] = 0;
    }
    try (var arena = Arena.ofConfined()) {
      var address = arena.allocate(Short.BYTES + SOCKET_PATH_BYTES, Short.BYTES);
      address.set(ValueLayout.JAVA_SHORT, 0, (short) FAMILY_UNIX);
      MemorySegment.copy(name, 0, address, ValueLayout.JAVA_BYTE, Short.BYTES, name.length);
      var bytes = message.getBytes(StandardCharsets.UTF_8);
      var data = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
      int socket =
          (int) function("socket", INT, INT, INT, INT).invokeExact(FAMILY_UNIX, TYPE_DATAGRAM, 0);
      if (socket < 0) {
        return false;
      }
      long sent =
          (long)
              function("sendto", SIZE, INT, POINTER, SIZE, INT, POINTER, INT)
                  .invokeExact(
                      socket, data, (long) bytes.length, 0, address, Short.BYTES + name.length);
      var _ = (int) function("close", INT, INT).invokeExact(socket);
      return sent == bytes.length;
    } catch (Throwable failed) {
      throw new IllegalStateException("sendto", failed);
    }
  }

  private static MethodHandle function(
      String name, MemoryLayout result, MemoryLayout... parameters) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(name), FunctionDescriptor.of(result, parameters));
  }
}
