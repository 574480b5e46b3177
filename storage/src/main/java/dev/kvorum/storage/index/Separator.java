package dev.kvorum.storage.index;

/** A key between two pages on its way from one page to another: head and tail reference. */
final class Separator {
  final byte[] head = new byte[Page.HEAD_BYTES];
  int size;

  /** As it stands in a page: the block, and the size in the upper half. */
  long tail;
}
