package dev.kvorum.storage.model;

/**
 * Reads one protobuf message from a window of bytes, field by field and without copying.
 *
 * <p>A caller loops over {@link #next()} and switches on whole tags (field number and wire type in
 * one number, see {@link #tag}); every tag that it does not name goes to {@link #skip}. So a known
 * field with a foreign wire type is an unknown field, as the protobuf rules want it.
 */
public final class ProtoReader {
  public static final int VARINT = 0;
  public static final int FIXED64 = 1;
  public static final int LENGTH = 2;
  public static final int START_GROUP = 3;
  public static final int END_GROUP = 4;
  public static final int FIXED32 = 5;

  /** Groups inside groups that {@link #skip} follows; nobody has a reason to send more. */
  private static final int MAX_GROUP_DEPTH = 100;

  private static final long MAX_FIELD_NUMBER = (1L << 29) - 1;

  private final byte[] array;
  private final int start;
  private final int end;
  private int position;

  public ProtoReader(Bytes message) {
    array = message.sharedArray();
    start = message.offset();
    end = start + message.size();
    position = start;
  }

  /** The number that stands before a field of this wire type on the wire. */
  public static int tag(int fieldNumber, int wireType) {
    return fieldNumber << 3 | wireType;
  }

  /** The tag of the next field, or 0 at the end of the message. */
  public int next() throws MalformedProto {
    if (position == end) {
      return 0;
    }
    var tag = varint();
    var fieldNumber = tag >>> 3;
    if (fieldNumber == 0 || fieldNumber > MAX_FIELD_NUMBER) {
      throw malformed("illegal field number");
    }
    return (int) tag;
  }

  /** The value of a varint field: any integer, boolean or enumeration. */
  public long varint() throws MalformedProto {
    if (position < end && array[position] >= 0) {
      return array[position++];
    }
    var value = 0L;
    for (var shift = 0; shift < Long.SIZE; shift += 7) {
      if (position == end) {
        throw malformed("truncated varint");
      }
      var b = array[position++];
      // The tenth byte has room for one bit only.
      if (shift == 63 && (b & 0xfe) != 0) {
        throw malformed("varint overflows 64 bits");
      }
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw malformed("varint overflows 64 bits");
  }

  public boolean bool() throws MalformedProto {
    return varint() != 0;
  }

  /** The value of a length-delimited field: a window on the message's own memory. */
  public Bytes bytes() throws MalformedProto {
    var size = varint();
    if (size < 0 || size > end - position) {
      throw malformed("length runs past the end");
    }
    var window = Bytes.wrap(array, position, (int) size);
    position += (int) size;
    return window;
  }

  /** Whether anything is left to read, for packed fields. */
  public boolean hasMore() {
    return position < end;
  }

  /** Everything that was not read yet, for formats that end in bytes without a length. */
  public Bytes rest() {
    var window = Bytes.wrap(array, position, end - position);
    position = end;
    return window;
  }

  /** Passes over the value of the field whose tag was just read. */
  public void skip(int tag) throws MalformedProto {
    if ((tag & 7) == START_GROUP) {
      skipGroup(tag >>> 3);
    } else {
      skipValue(tag);
    }
  }

  private void skipValue(int tag) throws MalformedProto {
    switch (tag & 7) {
      case VARINT -> varint();
      case FIXED64 -> skipFixed(8);
      case LENGTH -> bytes();
      case FIXED32 -> skipFixed(4);
      case END_GROUP -> throw malformed("end of a group that never began");
      default -> throw malformed("illegal wire type " + (tag & 7));
    }
  }

  /** Groups nest, and without recursion a hostile message cannot exhaust the stack. */
  private void skipGroup(int fieldNumber) throws MalformedProto {
    var open = new int[MAX_GROUP_DEPTH];
    open[0] = fieldNumber;
    var depth = 1;
    while (depth > 0) {
      var tag = next();
      if (tag == 0) {
        throw malformed("truncated group");
      }
      switch (tag & 7) {
        case START_GROUP -> {
          if (depth == MAX_GROUP_DEPTH) {
            throw malformed("groups nested too deeply");
          }
          open[depth++] = tag >>> 3;
        }
        case END_GROUP -> {
          if (open[--depth] != tag >>> 3) {
            throw malformed("group ends under another field number");
          }
        }
        default -> skipValue(tag);
      }
    }
  }

  private void skipFixed(int size) throws MalformedProto {
    if (size > end - position) {
      throw malformed("truncated fixed-size field");
    }
    position += size;
  }

  private MalformedProto malformed(String what) {
    return new MalformedProto("malformed protobuf at byte " + (position - start) + ": " + what);
  }
}
