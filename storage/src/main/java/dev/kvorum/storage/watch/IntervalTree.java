package dev.kvorum.storage.watch;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.KeyRange;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Groups by their ranges: a search tree ordered by lower ends, in which every node knows the
 * highest upper end below it, so that a search for the ranges that hold a key passes over subtrees
 * that end before it. Balanced as a treap, whose priorities come from a count and not from chance.
 */
final class IntervalTree {
  private static final class Node {
    private final WatchGroup group;
    private final int priority;
    private @Nullable Node left;
    private @Nullable Node right;

    /** The highest upper end in this subtree; null for no end. */
    private @Nullable Bytes highest;

    Node(WatchGroup group, int priority) {
      this.group = group;
      this.priority = priority;
      highest = group.range.to();
    }

    void update() {
      highest = higher(group.range.to(), higherOf(left, higherOf(right, group.range.to())));
    }

    private static @Nullable Bytes higherOf(@Nullable Node node, @Nullable Bytes other) {
      return node == null ? other : higher(node.highest, other);
    }

    private static @Nullable Bytes higher(@Nullable Bytes a, @Nullable Bytes b) {
      if (a == null || b == null) {
        return null;
      }
      return a.compareTo(b) >= 0 ? a : b;
    }
  }

  private @Nullable Node root;
  private int count;

  boolean isEmpty() {
    return root == null;
  }

  /** The group of exactly this range; it is added when there is none. */
  WatchGroup findOrAdd(KeyRange range) {
    var found = root;
    while (found != null) {
      var order = compare(range, found.group.range);
      if (order == 0) {
        return found.group;
      }
      found = order < 0 ? found.left : found.right;
    }
    var group = new WatchGroup(range);
    count++;
    root = add(root, new Node(group, (count * 0x9e3779b9) >>> 1));
    return group;
  }

  private static Node add(@Nullable Node at, Node node) {
    if (at == null) {
      return node;
    }
    Node top;
    if (compare(node.group.range, at.group.range) < 0) {
      var left = add(at.left, node);
      at.left = left;
      top = left.priority > at.priority ? rotateRight(at, left) : at;
    } else {
      var right = add(at.right, node);
      at.right = right;
      top = right.priority > at.priority ? rotateLeft(at, right) : at;
    }
    top.update();
    return top;
  }

  private static Node rotateRight(Node at, Node left) {
    at.left = left.right;
    left.right = at;
    at.update();
    return left;
  }

  private static Node rotateLeft(Node at, Node right) {
    at.right = right.left;
    right.left = at;
    at.update();
    return right;
  }

  /** Takes out the group of exactly this range. */
  void remove(KeyRange range) {
    root = remove(root, range);
  }

  private static @Nullable Node remove(@Nullable Node at, KeyRange range) {
    if (at == null) {
      return null;
    }
    var order = compare(range, at.group.range);
    if (order == 0) {
      return merge(at.left, at.right);
    }
    if (order < 0) {
      at.left = remove(at.left, range);
    } else {
      at.right = remove(at.right, range);
    }
    at.update();
    return at;
  }

  /** Joins two trees of which the first stands wholly before the second. */
  private static @Nullable Node merge(@Nullable Node before, @Nullable Node after) {
    if (before == null || after == null) {
      return before == null ? after : before;
    }
    if (before.priority > after.priority) {
      before.right = merge(before.right, after);
      before.update();
      return before;
    }
    after.left = merge(before, after.left);
    after.update();
    return after;
  }

  /** Hands over every group whose range holds the key. */
  void stab(Bytes key, Consumer<WatchGroup> visitor) {
    stab(root, key, visitor);
  }

  private static void stab(@Nullable Node at, Bytes key, Consumer<WatchGroup> visitor) {
    if (at == null || (at.highest != null && at.highest.compareTo(key) <= 0)) {
      return;
    }
    stab(at.left, key, visitor);
    if (at.group.range.from().compareTo(key) <= 0) {
      if (at.group.range.contains(key)) {
        visitor.accept(at.group);
      }
      stab(at.right, key, visitor);
    }
  }

  void forEach(Consumer<WatchGroup> visitor) {
    forEach(root, visitor);
  }

  private static void forEach(@Nullable Node at, Consumer<WatchGroup> visitor) {
    if (at != null) {
      forEach(at.left, visitor);
      visitor.accept(at.group);
      forEach(at.right, visitor);
    }
  }

  private static int compare(KeyRange a, KeyRange b) {
    var byFrom = a.from().compareTo(b.from());
    if (byFrom != 0) {
      return byFrom;
    }
    var aTo = a.to();
    var bTo = b.to();
    if (aTo == null || bTo == null) {
      return Boolean.compare(aTo == null, bTo == null);
    }
    return aTo.compareTo(bTo);
  }
}
