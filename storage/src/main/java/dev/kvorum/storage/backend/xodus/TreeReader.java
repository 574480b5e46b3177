package dev.kvorum.storage.backend.xodus;

import dev.kvorum.storage.model.Bytes;
import jetbrains.exodus.ExodusException;
import jetbrains.exodus.log.Log;
import jetbrains.exodus.tree.btree.BTreeBase;
import org.jspecify.annotations.Nullable;

/**
 * Finds entries of one of the engine's trees by reading its log, for those who want many of them.
 *
 * <p>The engine's own search compares the key with a dozen leaves, and brings a whole page of the
 * log into its cache for each: 100 microseconds where entries are large. Its cursor makes some ten
 * objects an entry. Here the addresses of a bottom page are read once, the entry's place among them
 * is guessed from the number in its key, and what is read is the leaf; neighbours come with it in
 * one read of a file.
 *
 * <p>It knows the layout of Xodus 2.0 (see {@link TreePage}), and trusts nothing but a leaf whose
 * key is the one that was asked for. Whatever it cannot find is the engine's to find or to miss:
 * what is in the engine's memory only, or a layout that it does not know.
 *
 * <pre>
 * anything in the log   type ^ 80 | number of the tree | size of the content | content
 * leaf                  size of the key | key | value
 * root                  number of entries | page
 * </pre>
 *
 * <p>Lives as long as the transaction whose tree it is, and is used by one thread.
 */
final class TreeReader implements AutoCloseable {
  private static final int TYPE_BITS = 0x80;

  /** What stands before a content takes no more than this. */
  private static final int MOST_HEAD_BYTES = 11;

  /** So often a place is guessed; afterwards the rest is halved. */
  private static final int MOST_GUESSES = 4;

  private static final int DEEPEST = 16;

  private final long root;
  private final TreePages pages;

  private final byte[] wayMemory;
  private final byte[] entriesMemory;

  /** Where pages are read, and keys for the way down. */
  private final LogWindow way;

  /** Where the entries are read that are looked for. */
  private final LogWindow entries;

  /** The bottom page that the last search ended in, and the keys that bound it, if any. */
  private @Nullable TreePage bottom;

  private Bytes lowest = Bytes.EMPTY;
  private @Nullable Bytes beyond;

  /** The last entry found in it, and whether it was the one behind the entry found before. */
  private int lastSlot;

  private Bytes lastKey = Bytes.EMPTY;
  private boolean oneByOne;

  /** What {@link #content} has found. */
  private int type;

  private int at;
  private int end;

  /**
   * @param root the address of the tree's root, negative for an empty tree
   * @param pages shared by all readers of this opening of the engine
   */
  TreeReader(Log log, long root, TreePages pages) {
    this.root = root;
    this.pages = pages;
    var blocks = new LogBlocks(log);
    wayMemory = pages.takeMemory();
    entriesMemory = pages.takeMemory();
    way = new LogWindow(blocks, wayMemory);
    entries = new LogWindow(blocks, entriesMemory);
  }

  /**
   * The value of the entry, which holds until the next one is looked for; null if the engine is to
   * be asked.
   */
  @Nullable Bytes find(Bytes key) {
    try {
      return search(key);
    } catch (ExodusException | IndexOutOfBoundsException | NegativeArraySizeException _) {
      // The file ends before, or it is not what was expected.
      bottom = null;
      return null;
    }
  }

  private @Nullable Bytes search(Bytes key) {
    var page = bottom;
    if (page == null || !isHere(key)) {
      page = descend(key);
      bottom = page;
      lastSlot = -1;
      lastKey = Bytes.EMPTY;
    }
    return page == null ? null : search(page, key);
  }

  private boolean isHere(Bytes key) {
    return key.compareTo(lowest) >= 0 && (beyond == null || key.compareTo(beyond) < 0);
  }

  @Override
  public void close() {
    pages.giveBack(wayMemory);
    pages.giveBack(entriesMemory);
  }

  /** The bottom page in which the key would be. */
  private @Nullable TreePage descend(Bytes key) {
    lowest = Bytes.EMPTY;
    beyond = null;
    var address = root;
    for (var level = 0; address >= 0 && level < DEEPEST; level++) {
      var page = page(address);
      if (page == null || page.isBottom()) {
        return page;
      }
      var slot = slot(page, key);
      if (slot < 0) {
        return null;
      }
      lowest = key(page, slot);
      if (slot + 1 < page.size()) {
        beyond = key(page, slot + 1);
      }
      address = page.child(slot);
    }
    return null;
  }

  private @Nullable TreePage page(long address) {
    var known = pages.get(address);
    if (known != null) {
      return known;
    }
    content(way, address);
    var bytes = way.bytes();
    var page =
        switch (type) {
          case BTreeBase.BOTTOM -> TreePage.of(bytes, at, end, true);
          case BTreeBase.INTERNAL -> TreePage.of(bytes, at, end, false);
          case BTreeBase.BOTTOM_ROOT -> TreePage.of(bytes, behindNumber(bytes), end, true);
          case BTreeBase.INTERNAL_ROOT -> TreePage.of(bytes, behindNumber(bytes), end, false);
          default -> null;
        };
    if (page != null) {
      pages.put(address, page);
    }
    return page;
  }

  private int behindNumber(byte[] bytes) {
    return at + EngineNumber.size(bytes, at);
  }

  /** The last key of the page that is not above the given one, or -1. */
  private int slot(TreePage page, Bytes key) {
    var low = 0;
    var high = page.size();
    var first = key.size() < Long.BYTES ? TreePage.UNKNOWN : KeyGuess.first(key);
    while (low < high) {
      var middle = (low + high) >>> 1;
      if (compare(page, middle, key, first) <= 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }

  /**
   * Compares a key of the page with the given one.
   *
   * @param first what the given one begins with, if it is long enough
   */
  private int compare(TreePage page, int slot, Bytes key, long first) {
    var known = page.first(slot);
    if (known != TreePage.UNKNOWN && first != TreePage.UNKNOWN && known != first) {
      return Long.compareUnsigned(known, first);
    }
    return key(page, slot).compareTo(key);
  }

  private Bytes key(TreePage page, int slot) {
    var known = page.key(slot);
    if (known == null) {
      // On memory of its own: the window's is used again before the next key is looked for.
      known = leafKey(way, page.leaf(slot)).compact();
      page.keep(slot, known);
    }
    return known;
  }

  private @Nullable Bytes search(TreePage page, Bytes key) {
    // The key is in (below, above), if it is there; both may stand outside of the page.
    var below = 0;
    var belowKey = lowest;
    var above = page.size();
    var aboveKey = beyond;
    if (lastSlot >= 0 && lastKey.compareTo(key) < 0) {
      below = lastSlot;
      belowKey = lastKey;
    }
    var from = lastSlot >= 0 && below == lastSlot ? lastSlot + 1 : 0;
    for (var tried = 0; from < above; tried++) {
      var guess =
          tried == 0 && oneByOne
              ? from
              : tried < MOST_GUESSES
                  ? KeyGuess.slot(key, below, belowKey, above, aboveKey)
                  : (from + above) >>> 1;
      var slot = Math.clamp(guess, from, above - 1);
      var found = leafKey(entries, page.leaf(slot));
      var compared = found.compareTo(key);
      if (compared == 0) {
        oneByOne = slot == lastSlot + 1;
        lastSlot = slot;
        lastKey = key;
        return Bytes.wrap(entries.bytes(), at, end - at);
      }
      if (compared < 0) {
        from = slot + 1;
        below = slot;
        belowKey = found;
      } else {
        above = slot;
        aboveKey = found;
      }
    }
    return null;
  }

  /** The key of a leaf; its value is then what is left of the content. */
  private Bytes leafKey(LogWindow window, long address) {
    content(window, address);
    if (type != BTreeBase.LEAF) {
      throw new IndexOutOfBoundsException("no leaf at " + address);
    }
    var bytes = window.bytes();
    var size = (int) EngineNumber.value(bytes, at);
    var from = at + EngineNumber.size(bytes, at);
    at = from + size;
    if (size < 0 || at > end) {
      throw new IndexOutOfBoundsException("no key of " + size + " bytes at " + address);
    }
    return Bytes.wrap(bytes, from, size);
  }

  /** Brings what is at this address into the window: its content is {@code [at, end)} there. */
  private void content(LogWindow window, long address) {
    var head = window.open(address, MOST_HEAD_BYTES);
    var bytes = window.bytes();
    type = (bytes[head] ^ TYPE_BITS) & 0xff;
    var treeSize = EngineNumber.size(bytes, head + 1);
    var sizeAt = head + 1 + treeSize;
    var size = (int) EngineNumber.value(bytes, sizeAt);
    var headSize = 1 + treeSize + EngineNumber.size(bytes, sizeAt);
    var from = window.open(address, Math.addExact(headSize, size));
    at = from + headSize;
    end = at + size;
  }
}
