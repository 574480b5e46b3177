package dev.kvorum.raft.core;

/**
 * A small seeded generator of our own (xoshiro256**, Blackman and Vigna 2018), so that a seed means
 * the same on every Java release.
 */
final class RandomNumbers {
  private long a;
  private long b;
  private long c;
  private long d;

  RandomNumbers(long seed) {
    // SplitMix64 spreads the seed; the state is never all zero.
    a = spread(seed + 0x9e3779b97f4a7c15L);
    b = spread(seed + 0x3c6ef372fe94f82aL);
    c = spread(seed + 0xdaa66d2c7ddf743fL);
    d = spread(seed + 0x78dde6e5fd29f054L);
  }

  private static long spread(long value) {
    var mixed = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
    return mixed ^ (mixed >>> 31);
  }

  private long next() {
    var result = Long.rotateLeft(b * 5, 7) * 9;
    var shifted = b << 17;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = Long.rotateLeft(d, 45);
    return result;
  }

  /** A number in {@code [0, bound)}. */
  int below(int bound) {
    return (int) Long.remainderUnsigned(next(), bound);
  }
}
