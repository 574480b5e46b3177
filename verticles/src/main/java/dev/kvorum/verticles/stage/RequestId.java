package dev.kvorum.verticles.stage;

/**
 * The number under which a proposal's result finds its way back: which life of which member made
 * it, on which of its front-end loops, and the how-manieth it was there.
 *
 * <p>Layout from the high end: 16 bits of the member's life, 8 bits of the loop, 40 bits of the
 * count. The count wraps after 10^12 requests; a front end knows its newest count and takes the
 * nearest number below it.
 */
public final class RequestId {
  private static final int COUNT_BITS = 40;
  private static final int LOOP_BITS = 8;
  private static final long COUNT_MASK = (1L << COUNT_BITS) - 1;

  /** How many front-end loops a member can have. */
  public static final int MAX_LOOPS = 1 << LOOP_BITS;

  private RequestId() {}

  public static long of(int life, int loop, long count) {
    return ((long) (life & 0xffff) << (COUNT_BITS + LOOP_BITS))
        | ((long) loop << COUNT_BITS)
        | (count & COUNT_MASK);
  }

  /** Whether that life of this member proposed it. */
  public static boolean isOf(long requestId, int life) {
    return requestId >>> (COUNT_BITS + LOOP_BITS) == (life & 0xffff);
  }

  public static int loop(long requestId) {
    return (int) (requestId >>> COUNT_BITS) & (MAX_LOOPS - 1);
  }

  /** The full count, given that it is below {@code next} by less than 2^40. */
  public static long count(long requestId, long next) {
    var count = (next & ~COUNT_MASK) | (requestId & COUNT_MASK);
    return count < next ? count : count - COUNT_MASK - 1;
  }
}
