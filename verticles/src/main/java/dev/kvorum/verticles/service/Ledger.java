package dev.kvorum.verticles.service;

import dev.kvorum.storage.model.InvariantViolation;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much memory the node's work occupies, in bytes, by purpose. Whoever would keep something of a
 * client's in memory reserves it here first, and a client for whom there is no room is refused
 * ({@link dev.kvorum.storage.model.Failure#TOO_MANY_REQUESTS}). Nothing else decides on admission
 * by memory, so the sum of the accounts is what all clients together can make a node hold.
 *
 * <p>What must be kept whatever it takes, such as a record that the log has decided on, is added
 * without asking; then the account is above its bound for a time and nobody else gets in.
 *
 * <p>Any thread may call everything.
 */
public final class Ledger {
  /** What memory is used for. */
  public enum Account {
    /** Requests that are being received, and proposals that wait for their result. */
    REQUESTS,
    /** Answers on their way to the client, and what is read to make them. */
    ANSWERS,
    /** Records that the backend does not show yet. */
    TAIL,
    /** Records kept for the next reader. */
    CACHE
  }

  /** A reservation of at least this much leaves a quarter of the account to smaller ones. */
  public static final int LARGE_BYTES = 64 << 10;

  private static final long SMALLEST_SHARE_BYTES = 8L << 20;
  private static final long LARGEST_SHARE_BYTES = 64L << 20;
  private static final int SHARES_OF_HEAP = 8;
  private static final int CACHE_SHARES = 4;

  private record Book(long most, AtomicLong used) {}

  /** Never changes, so any thread may read it. */
  private final Map<Account, Book> books;

  /**
   * @param requestBytes the bound of {@link Account#REQUESTS}; and so on
   */
  public Ledger(long requestBytes, long answerBytes, long tailBytes, long cacheBytes) {
    var opened = new EnumMap<Account, Book>(Account.class);
    opened.put(Account.REQUESTS, new Book(requestBytes, new AtomicLong()));
    opened.put(Account.ANSWERS, new Book(answerBytes, new AtomicLong()));
    opened.put(Account.TAIL, new Book(tailBytes, new AtomicLong()));
    opened.put(Account.CACHE, new Book(cacheBytes, new AtomicLong()));
    books = opened;
  }

  private Book book(Account account) {
    return InvariantViolation.present(books.get(account), "every account has a book");
  }

  /** Bounds for a process with a heap of this size, which has other things to hold as well. */
  public static Ledger forHeap(long heapBytes) {
    var share = Math.clamp(heapBytes / SHARES_OF_HEAP, SMALLEST_SHARE_BYTES, LARGEST_SHARE_BYTES);
    return new Ledger(share, share, share, share / CACHE_SHARES);
  }

  /** How much an account may hold. */
  public long most(Account account) {
    return book(account).most;
  }

  /** How much it holds now. */
  public long used(Account account) {
    return book(account).used.get();
  }

  /** Whether it holds more than it may. */
  public boolean isOver(Account account) {
    return used(account) > most(account);
  }

  /**
   * Takes the bytes if they fit.
   *
   * @return whether they were taken; then {@link #release} them once
   */
  public boolean tryReserve(Account account, long bytes) {
    var bound = most(account);
    if (bytes >= LARGE_BYTES) {
      bound -= bound / 4;
    }
    var balance = book(account).used;
    if (balance.addAndGet(bytes) <= bound) {
      return true;
    }
    balance.addAndGet(-bytes);
    return false;
  }

  /** Takes the bytes in any case. */
  public void add(Account account, long bytes) {
    book(account).used.addAndGet(bytes);
  }

  /** Gives back what was taken. */
  public void release(Account account, long bytes) {
    var left = book(account).used.addAndGet(-bytes);
    InvariantViolation.check(left >= 0, "nobody gives back what was not taken");
  }
}
