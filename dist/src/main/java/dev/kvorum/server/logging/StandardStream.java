package dev.kvorum.server.logging;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/**
 * The process's real stdout or stderr, past {@code System.out} and {@code System.err}. Closing it
 * does nothing: Logback closes what it drops, and the descriptor must outlive every set-up of
 * logging.
 */
public final class StandardStream extends OutputStream {
  private final FileOutputStream stream;

  private StandardStream(FileDescriptor descriptor) {
    stream = new FileOutputStream(descriptor);
  }

  /** The real stdout. */
  public static OutputStream out() {
    return new StandardStream(FileDescriptor.out);
  }

  /** The real stderr. */
  public static OutputStream err() {
    return new StandardStream(FileDescriptor.err);
  }

  @Override
  public void write(int octet) throws IOException {
    stream.write(octet);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    stream.write(bytes, offset, length);
  }

  @Override
  public void close() {
    // See above.
  }
}
