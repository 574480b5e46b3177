package dev.kvorum.simulator.engine;

/**
 * The seeded random numbers of a simulation (xoshiro256**, Blackman and Vigna 2018). No decision
 * uses floating point, so that a seed means the same on every machine.
 *
 * <p>Each user gets a generator of its own by {@link #fork}: what one part draws does not shift
 * what another part gets.
 */
public final class SimRandom {
  /** The certain event of {@link #chance}. */
  public static final int MILLION = 1_000_000;

  private static final long GOLDEN = 0x9e3779b97f4a7c15L;

  /** ln 2 in units of 2^-32. */
  private static final long LN2 = 2_977_044_472L;

  private final long seed;
  private long a;
  private long b;
  private long c;
  private long d;

  public SimRandom(long seed) {
    this.seed = seed;
    // SplitMix64 spreads the seed; the state is never all zero.
    a = spread(seed + GOLDEN);
    b = spread(seed + GOLDEN + GOLDEN);
    c = spread(seed + GOLDEN + GOLDEN + GOLDEN);
    d = spread(seed + GOLDEN + GOLDEN + GOLDEN + GOLDEN);
  }

  /** A well mixed function of the number (the finalizer of SplitMix64). */
  public static long spread(long value) {
    var mixed = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
    return mixed ^ (mixed >>> 31);
  }

  /** Another generator, which depends only on this one's seed and the salt. */
  public SimRandom fork(long salt) {
    return new SimRandom(spread(seed ^ spread(salt + GOLDEN)));
  }

  /** Any number. */
  public long next() {
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
  public int below(int bound) {
    return (int) Long.remainderUnsigned(next(), bound);
  }

  /** A number in {@code [0, bound)}. */
  public long below(long bound) {
    return Long.remainderUnsigned(next(), bound);
  }

  /** A number in {@code [low, high)}. */
  public int between(int low, int high) {
    return low + below(high - low);
  }

  /** A number in {@code [low, high)}. */
  public long between(long low, long high) {
    return low + below(high - low);
  }

  /** True in so many of a million cases. */
  public boolean chance(int ofMillion) {
    return ofMillion > 0 && below(MILLION) < ofMillion;
  }

  /** One of the numbers. */
  public int oneOf(int... numbers) {
    return numbers[below(numbers.length)];
  }

  /** One of the values. */
  @SafeVarargs
  public final <T> T pick(T... values) {
    return values[below(values.length)];
  }

  /**
   * A number with the exponential distribution of that mean, within five percent: the logarithm's
   * integer part is the number of leading zeros, its fraction is taken as linear.
   */
  public long exponential(long mean) {
    if (mean <= 0) {
      return 0;
    }
    var drawn = next() | 1;
    var zeros = Long.numberOfLeadingZeros(drawn);
    var fraction = zeros == 63 ? 0 : (drawn << (zeros + 1)) >>> 32;
    // -log2 of drawn / 2^64 in units of 2^-32, below 2^39; then to base e in the same units.
    var log2 = ((long) (zeros + 1) << 32) - fraction;
    var log = Math.multiplyHigh(log2 << 24, LN2 << 8);
    return mean < (1L << 24) ? (mean * log) >>> 32 : Math.multiplyHigh(mean, log << 25) << 7;
  }
}
