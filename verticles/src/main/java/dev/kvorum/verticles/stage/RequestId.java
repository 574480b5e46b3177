package dev.kvorum.verticles.stage;

/**
 * The number under which a proposal's result finds its way back: which life of which member made
 * it, on which of its front-end loops, and the how-manieth it was there.
 *
 * <p>Layout from the high end: 24 bits of the member's life, 8 bits of the loop, 32 bits of the
 * count. The count wraps after 4 * 10^9 requests; a front end knows its newest count and takes the
 * nearest number below it, which is right because it never has that many waiting.
 *
 * <p>Can two requests be confused? Only when the lives that proposed them look equal and both are
 * waited for at the same loop and count. Lives of one member are counted up, so a log would have to
 * hold entries of 2^24 starts that none of them has applied. Lives of two members look equal with a
 * chance of 2^-24 for a pair; that is why as many bits as possible are spent on them.
 */
public final class RequestId {
  private static final int COUNT_BITS = 32;
  private static final int LOOP_BITS = 8;
  private static final long COUNT_MASK = (1L << COUNT_BITS) - 1;
  private static final int LIFE_MASK = (1 << (Long.SIZE - COUNT_BITS - LOOP_BITS)) - 1;

  /** How many front-end loops a member can have. */
  public static final int MAX_LOOPS = 1 << LOOP_BITS;

  private RequestId() {}

  public static long of(int life, int loop, long count) {
    return ((long) (life & LIFE_MASK) << (COUNT_BITS + LOOP_BITS))
        | ((long) loop << COUNT_BITS)
        | (count & COUNT_MASK);
  }

  /** Whether that life of this member proposed it. */
  public static boolean isOf(long requestId, int life) {
    return requestId >>> (COUNT_BITS + LOOP_BITS) == (life & LIFE_MASK);
  }

  public static int loop(long requestId) {
    return (int) (requestId >>> COUNT_BITS) & (MAX_LOOPS - 1);
  }

  /** The full count, given that it is below {@code next} by less than 2^32. */
  public static long count(long requestId, long next) {
    var count = (next & ~COUNT_MASK) | (requestId & COUNT_MASK);
    return count < next ? count : count - COUNT_MASK - 1;
  }
}
