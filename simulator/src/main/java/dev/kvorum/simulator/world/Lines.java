package dev.kvorum.simulator.world;

import dev.kvorum.simulator.engine.Scheduler;
import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.storage.watch.WatchEffect;
import java.util.ArrayList;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The clients' long calls: watch streams, questions about leases, locks. A line keeps what is said
 * on it in order, each way, until it breaks; then its client hears of that, a little later.
 */
public final class Lines implements Scheduler.Target {
  /** A client's end of a line. Called as events of their own. */
  public interface Listener {
    /** The member said this. */
    void heard(long line, Object what);

    /** The line is dead; nothing more is heard on it. */
    void broken(long line);
  }

  private static final int HEARD = 0;
  private static final int BROKEN = 1;

  /** How long it takes until a client, or a member, notices that the other is not there. */
  private static final long NOTICE_NANOS = 100_000_000L;

  private static final long MEMBER_NOTICE_NANOS = 3_000_000_000L;

  private static final class Line {
    private final int member;
    private final Listener listener;
    private final @Nullable Life life;
    private long toMemberAt;
    private long toClientAt;

    /** The client reads nothing before this time. */
    private long readsFrom;

    private boolean breaking;

    Line(int member, Listener listener, @Nullable Life life) {
      this.member = member;
      this.listener = listener;
      this.life = life;
    }
  }

  private final World world;
  private final Scheduler scheduler;
  private final SimRandom random;
  private final TreeMap<Long, Line> lines = new TreeMap<>();
  private long nextNumber = 1;

  Lines(World world, SimRandom random) {
    this.world = world;
    scheduler = world.scheduler();
    this.random = random;
  }

  /** A number for a line that stays inside of a member. */
  long newInnerLine() {
    return -nextNumber++;
  }

  /** Opens a line to a member, counted from 0; it may turn out to be broken. */
  public long open(int member, Listener listener) {
    var number = nextNumber++;
    var line = new Line(member, listener, world.member(member).life());
    lines.put(number, line);
    if (line.life == null || world.calls().isCut(member)) {
      breakLater(number, line);
    }
    return number;
  }

  /** The client says something; the member hears it, if the line lasts. */
  public void say(long number, Object what) {
    var line = lines.get(number);
    if (line != null && !line.breaking && line.life != null) {
      line.life.hear(toMember(line), number, what);
    }
  }

  /** The client goes away; it hears nothing more. */
  public void hangUp(long number) {
    var line = lines.remove(number);
    if (line != null && !line.breaking && line.life != null) {
      line.life.lineEnded(toMember(line), number);
    }
  }

  /** The client reads nothing for so long. */
  public void stopReading(long number, long nanos) {
    var line = lines.get(number);
    if (line != null) {
      line.readsFrom = scheduler.now() + nanos;
    }
  }

  private long toMember(Line line) {
    line.toMemberAt = Math.max(line.toMemberAt + 1, scheduler.now() + delay());
    return line.toMemberAt - scheduler.now();
  }

  private long delay() {
    return 50_000 + random.exponential(100_000);
  }

  /** A member says something to a client. */
  void tell(long number, Object what) {
    var line = lines.get(number);
    if (line == null || line.breaking) {
      return;
    }
    var soon = Math.max(scheduler.now() + delay(), line.readsFrom);
    line.toClientAt = Math.max(line.toClientAt + 1, soon);
    scheduler.schedule(line.toClientAt - scheduler.now(), this, HEARD, number, what);
  }

  /** The member's life has ended, and all its lines with it. */
  void ended(Life life) {
    for (var number : new ArrayList<>(lines.keySet())) {
      var line = lines.get(number);
      if (line != null && line.life == life) {
        breakLater(number, line);
      }
    }
  }

  /** No client reaches the member: nothing comes through any more. */
  void cut(int member) {
    for (var number : new ArrayList<>(lines.keySet())) {
      var line = lines.get(number);
      if (line != null && line.member == member && !line.breaking) {
        breakLater(number, line);
        if (line.life != null) {
          line.life.lineEnded(random.exponential(MEMBER_NOTICE_NANOS), number);
        }
      }
    }
  }

  private void breakLater(long number, Line line) {
    if (!line.breaking) {
      line.breaking = true;
      scheduler.schedule(random.exponential(NOTICE_NANOS), this, BROKEN, number, null);
    }
  }

  @Override
  public void fire(int kind, long number, @Nullable Object payload) {
    world.trace().mix(kind, -2, number);
    var line = lines.get(number);
    if (line == null) {
      return;
    }
    if (kind == BROKEN) {
      lines.remove(number);
      line.listener.broken(number);
    } else if (!line.breaking && payload != null) {
      if (line.life != null) {
        line.life.clients().taken(number, payload);
      }
      line.listener.heard(
          number,
          payload instanceof WatchEffect.Send message ? WatchMessage.decode(message) : payload);
    }
  }
}
