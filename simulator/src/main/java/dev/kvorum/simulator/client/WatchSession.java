package dev.kvorum.simulator.client;

import dev.kvorum.simulator.engine.Scheduler;
import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.simulator.world.Lines;
import dev.kvorum.simulator.world.Reply;
import dev.kvorum.simulator.world.Request;
import dev.kvorum.simulator.world.WatchMessage;
import dev.kvorum.simulator.world.World;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.watch.WatchRequest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A client with a watch stream: some watchers, which begin in the past, now, or in the future, are
 * cancelled and begun again, and go on at another member from where they were when the stream
 * breaks. Now and then it reads slowly.
 */
final class WatchSession implements Session, Lines.Listener, Scheduler.Target {
  private static final int CONNECT = 0;
  private static final int ACT = 1;
  private static final int INSIST = 2;

  private static final long MILLI = 1_000_000L;
  private static final long PAUSE_NANOS = 100 * MILLI;
  private static final long INSIST_NANOS = 200 * MILLI;

  /** After so many questions without the right answer the client tries another member. */
  private static final int PATIENCE = 20;

  private final World world;
  private final int client;
  private final KeySpace keys;
  private final SimRandom random;
  private final long meanActNanos;
  private final List<WatchInterest> interests = new ArrayList<>();

  /** Whose creation is not answered yet, in order; null for one that must be refused. */
  private final ArrayDeque<Asked> asked = new ArrayDeque<>();

  private long line;

  private boolean connected;
  private boolean last;

  /** The revision that must be seen at the end, 0 while it is not known. */
  private long target;

  private boolean reading;
  private int patience;

  private record Asked(@Nullable WatchInterest interest) {}

  WatchSession(World world, int client, KeySpace keys, SimRandom random) {
    this.world = world;
    this.client = client;
    this.keys = keys;
    this.random = random;
    meanActNanos = random.oneOf(100, 500, 3_000) * MILLI;
    var count = random.between(1, 3);
    for (var i = 0; i < count; i++) {
      interests.add(new WatchInterest(random.fork(i), keys, i));
    }
  }

  @Override
  public void start() {
    later(random.exponential(1_000 * MILLI), CONNECT);
    later(random.exponential(meanActNanos), ACT);
  }

  private void later(long nanos, int kind) {
    world.scheduler().schedule(nanos, this, kind, 0, null);
  }

  @Override
  public void fire(int kind, long argument, @Nullable Object payload) {
    switch (kind) {
      case CONNECT -> connect();
      case ACT -> {
        if (!last) {
          act();
          later(random.exponential(meanActNanos), ACT);
        }
      }
      case INSIST -> insist();
      default -> throw new IllegalArgumentException("event " + kind);
    }
  }

  private void connect() {
    if (connected) {
      return;
    }
    connected = true;
    asked.clear();
    line = world.lines().open(random.below(world.memberCount()), this);
    interests.forEach(WatchInterest::closed);
    interests.forEach(this::create);
  }

  private void create(WatchInterest interest) {
    asked.addLast(new Asked(interest));
    world.lines().say(line, interest.create());
  }

  @Override
  public void broken(long number) {
    if (number == line) {
      connected = false;
      later(random.exponential(PAUSE_NANOS), CONNECT);
    }
  }

  private void reconnect() {
    if (connected) {
      world.lines().hangUp(line);
      connected = false;
      world.coverage().hit("a watch went on at another member");
      later(random.exponential(PAUSE_NANOS), CONNECT);
    }
  }

  @Override
  public void heard(long number, Object what) {
    if (number != line || !(what instanceof WatchMessage message)) {
      return;
    }
    world.observe(observer -> observer.watchHeard(number, message));
    if (message.created()) {
      var creation = asked.removeFirst().interest;
      if (creation != null && !message.canceled()) {
        creation.created(message);
      }
    } else if (message.canceled()) {
      canceled(message);
    } else if (message.watchId() < 0) {
      world.coverage().hit("watch progress asked for");
      interests.stream()
          .filter(WatchInterest::isOpen)
          .forEach(interest -> interest.passed(message.revision()));
    } else {
      for (var interest : interests) {
        if (interest.id() == message.watchId()) {
          if (message.isProgress()) {
            world.coverage().hit("watch progress notified");
            interest.passed(message.revision());
          } else {
            world.coverage().hit(message.fragment() ? "watch fragment" : "watch events");
            interest.saw(message);
          }
        }
      }
    }
  }

  /** The id stays reserved after a compaction until it is cancelled (contract S9.6). */
  private void canceled(WatchMessage message) {
    for (var interest : interests) {
      if (interest.id() == message.watchId() && message.compactRevision() > 0) {
        world.coverage().hit("watch overtaken by a compaction");
        world.lines().say(line, new WatchRequest.Cancel(message.watchId()));
        interest.closed();
        interest.goTo(random.below(2) == 0 ? message.compactRevision() : 0);
        create(interest);
      }
    }
  }

  /** Something that a client may do at any time. */
  private void act() {
    if (!connected) {
      return;
    }
    var interest = interests.get(random.below(interests.size()));
    switch (random.below(12)) {
      case 0, 1, 2 -> world.lines().say(line, new WatchRequest.Progress());
      case 3 -> again(interest, Math.max(1, interest.next() - random.below(50)));
      case 4 -> again(interest, interest.next() + random.below(20));
      case 5 -> again(interest, 0);
      case 6 -> reconnect();
      case 7, 8 -> world.lines().stopReading(line, random.oneOf(50, 500, 3_000) * MILLI);
      case 9 -> refused();
      default -> again(interest, interest.next());
    }
  }

  /** Ends the watcher, if it has begun, and begins it anew. */
  private void again(WatchInterest interest, long from) {
    if (interest.isOpen()) {
      world.lines().say(line, new WatchRequest.Cancel(interest.id()));
      interest.closed();
      interest.goTo(from);
      create(interest);
    }
  }

  /** A watch that nobody can have (contract S9.2). */
  private void refused() {
    var key = Bytes.utf8("k");
    asked.addLast(new Asked(null));
    world
        .lines()
        .say(
            line,
            random.below(2) == 0
                ? new WatchRequest.Create(
                    key, Bytes.EMPTY, -1, false, false, false, false, 0, false)
                : new WatchRequest.Create(key, key, 0, false, false, false, false, 0, false));
  }

  @Override
  public void wantLast() {
    last = true;
    insist();
  }

  /** Asks until everything has come that is there now, and moves on when it does not come. */
  private void insist() {
    if (isQuiet()) {
      return;
    }
    later(INSIST_NANOS, INSIST);
    if (target == 0) {
      readTarget();
    } else if (connected) {
      // A watcher that begins above it keeps the whole stream from hearing of it (contract S9.8).
      interests.stream()
          .filter(interest -> interest.startedAt() > target)
          .forEach(interest -> again(interest, target));
      world.lines().say(line, new WatchRequest.Progress());
      if (++patience > PATIENCE) {
        patience = 0;
        reconnect();
      }
    }
  }

  private void readTarget() {
    if (!reading) {
      reading = true;
      var request =
          new Request(
              world.nextRequestId(),
              client,
              random.below(world.memberCount()),
              Ranges.get(keys.key(0), false));
      world.submit(request, this::targetRead);
    }
  }

  private void targetRead(Request request, Reply reply) {
    reading = false;
    if (reply instanceof Reply.Answered(Result.Range range, _)) {
      target = range.revision();
    }
  }

  @Override
  public boolean isQuiet() {
    return target > 0
        && interests.stream().allMatch(interest -> interest.isOpen() && interest.next() > target);
  }
}
