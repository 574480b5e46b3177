package dev.kvorum.storage.checkpoint;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.mvcc.IndexMisfitException;
import dev.kvorum.storage.mvcc.StoreLoader;
import java.util.List;

/**
 * Attached keys as they run through the frames of a checkpoint: lease u64, size of the key u32,
 * key. A key may be larger than a frame.
 */
final class AttachmentStream {
  static final int HEADER_BYTES = Long.BYTES + Integer.BYTES;

  private final List<Bytes> frames;
  private int frame;
  private int at;

  AttachmentStream(List<Bytes> frames) {
    this.frames = frames;
  }

  /** Tells the table of every key. */
  void attachAll(StoreLoader.Attachments table) throws IndexMisfitException {
    while (frame < frames.size()) {
      var lease = number(Long.BYTES);
      var size = (int) number(Integer.BYTES);
      table.attach(bytes(size), lease);
    }
  }

  private long number(int size) throws IndexMisfitException {
    var bytes = bytes(size);
    var number = 0L;
    for (var i = size - 1; i >= 0; i--) {
      number = number << Byte.SIZE | (bytes.at(i) & 0xff);
    }
    return number;
  }

  private Bytes bytes(int size) throws IndexMisfitException {
    if (frame < frames.size() && size >= 0 && at + size < frames.get(frame).size()) {
      at += size;
      return frames.get(frame).slice(at - size, at);
    }
    return joined(size);
  }

  /** Bytes that end with their frame, or run through several. */
  private Bytes joined(int size) throws IndexMisfitException {
    var left = (long) -at;
    for (var i = frame; i < frames.size(); i++) {
      left += frames.get(i).size();
    }
    if (size < 0 || size > left) {
      throw new IndexMisfitException("an attached key is cut off");
    }
    var joined = new byte[size];
    var done = 0;
    while (done < size) {
      var source = frames.get(frame);
      var part = Math.min(size - done, source.size() - at);
      source.slice(at, at + part).copyTo(joined, done);
      done += part;
      at += part;
      if (at == source.size()) {
        frame++;
        at = 0;
      }
    }
    return Bytes.wrap(joined);
  }
}
