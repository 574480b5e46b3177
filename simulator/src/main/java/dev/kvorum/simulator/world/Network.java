package dev.kvorum.simulator.world;

import dev.kvorum.raft.core.Message;
import dev.kvorum.simulator.engine.Scheduler;
import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.simulator.plan.Weather;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Directed links between members. A link keeps the order of what it delivers, as a connection does,
 * unless the weather says otherwise; when a connection breaks, what was on its way on it is lost.
 * Heartbeats and votes have a link of their own, as they have a connection of their own.
 */
@SuppressWarnings("EnumOrdinal") // a place in an array of this run; nothing keeps it
final class Network {
  /** What a link does with what is put on it. */
  enum LinkState {
    OPEN,
    /** Everything vanishes, and nobody is told. */
    CUT,
    /** Everything waits until the link is open again. */
    CLOGGED
  }

  /** How often each thing happened, by ordinal. */
  enum Happening {
    SENT,
    DROPPED,
    DUPLICATED,
    REORDERED,
    CORRUPTED,
    CUT,
    CLOGGED,
    SLOWED,
    RECONNECTED
  }

  /** A message on its way, and the connection that it is on. */
  record Flight(Message message, int link, int epoch) {}

  /** Whom messages are delivered to. */
  interface Receiver {
    /** Schedules the arrival. */
    void deliver(int to, long delayNanos, Flight flight);

    /** The connection has ended under the sender's eyes. */
    void broken(int from, int to);
  }

  private static final int LANES = 2;
  private static final int MESSAGE_BYTES = 64;
  private static final int MOST_MEMBERS = 32;
  private static final long LATER_NANOS = 20_000_000L;

  private final Scheduler scheduler;
  private final SimRandom random;
  private final Receiver receiver;
  private Weather weather;
  private final LinkState[] states = new LinkState[MOST_MEMBERS * MOST_MEMBERS];

  /** Nanoseconds that every byte needs on top, by link of members; for slow links. */
  private final int[] nanosPerByte = new int[MOST_MEMBERS * MOST_MEMBERS];

  /** When the last thing put on the lane arrives. */
  private final long[] busyUntil = new long[MOST_MEMBERS * MOST_MEMBERS * LANES];

  private final int[] epochs = new int[MOST_MEMBERS * MOST_MEMBERS * LANES];
  private final long[] happenings = new long[Happening.values().length];

  Network(Scheduler scheduler, SimRandom random, Weather weather, Receiver receiver) {
    this.scheduler = scheduler;
    this.random = random;
    this.weather = weather;
    this.receiver = receiver;
    Arrays.fill(states, LinkState.OPEN);
  }

  /** Whether something is sent twice that is no message. */
  boolean repeats() {
    return random.chance(weather.duplicateRate());
  }

  void weather(Weather newWeather) {
    weather = newWeather;
  }

  long happened(Happening happening) {
    return happenings[happening.ordinal()];
  }

  private static int pair(int from, int to) {
    return from * MOST_MEMBERS + to;
  }

  void set(int from, int to, LinkState state) {
    states[pair(from, to)] = state;
  }

  LinkState state(int from, int to) {
    return states[pair(from, to)];
  }

  void slow(int from, int to, int nanosForEachByte) {
    nanosPerByte[pair(from, to)] = nanosForEachByte;
  }

  /** Every link is open and fast. */
  void heal() {
    Arrays.fill(states, LinkState.OPEN);
    Arrays.fill(nanosPerByte, 0);
  }

  /** The connections of the pair break: what is on the way is lost, and the sender learns of it. */
  void reconnect(int from, int to) {
    for (var lane = 0; lane < LANES; lane++) {
      epochs[pair(from, to) * LANES + lane]++;
    }
    count(Happening.RECONNECTED);
    receiver.broken(from, to);
  }

  /** Whether what arrives now is on a connection that still exists. */
  boolean isCurrent(Flight flight) {
    return epochs[flight.link] == flight.epoch;
  }

  /** Sends the message from one member to another. */
  void send(int from, int to, Message message) {
    count(Happening.SENT);
    var pair = pair(from, to);
    if (states[pair] == LinkState.CUT) {
      count(Happening.CUT);
      return;
    }
    if (random.chance(weather.dropRate())) {
      count(Happening.DROPPED);
      return;
    }
    if (random.chance(weather.corruptRate())) {
      // The receiver's checksum finds it; the connection is closed, and made again.
      count(Happening.CORRUPTED);
      reconnect(from, to);
      return;
    }
    put(pair, to, message);
    // A proposal is passed on at most once: a transport must not repeat it on a new connection.
    if (!(message instanceof Message.ForwardedProposal) && random.chance(weather.duplicateRate())) {
      count(Happening.DUPLICATED);
      put(pair, to, message);
    }
  }

  private void put(int pair, int to, Message message) {
    var lane = pair * LANES + message.lane().ordinal();
    var now = scheduler.now();
    var delay = weather.leastDelayNanos() + random.exponential(weather.meanDelayNanos());
    var perByte = nanosPerByte[pair];
    if (perByte > 0 || weather.bytesPerMicrosecond() > 0) {
      var bytes = size(message);
      count(Happening.SLOWED);
      delay += (long) bytes * perByte;
      if (weather.bytesPerMicrosecond() > 0) {
        delay += (long) bytes * 1_000 / weather.bytesPerMicrosecond();
      }
    }
    if (states[pair] == LinkState.CLOGGED) {
      count(Happening.CLOGGED);
      delay += LATER_NANOS + random.exponential(LATER_NANOS);
    }
    var arrival = now + delay;
    if (weather.ordered() && !random.chance(weather.reorderRate())) {
      arrival = Math.max(arrival, busyUntil[lane]);
      busyUntil[lane] = arrival;
    } else {
      count(Happening.REORDERED);
    }
    receiver.deliver(to, arrival - now, new Flight(message, lane, epochs[lane]));
  }

  /** About how many bytes a message has on the wire. */
  private static int size(Message message) {
    var bytes = MESSAGE_BYTES;
    if (message instanceof Message.Append append) {
      for (var entry : append.entries()) {
        bytes += MESSAGE_BYTES / 2 + entry.payload().size();
      }
    }
    return bytes;
  }

  private void count(Happening happening) {
    happenings[happening.ordinal()]++;
  }

  /** Looks at a message as it arrives; null when its connection is gone. */
  @Nullable Message arrived(Flight flight) {
    return isCurrent(flight) ? flight.message : null;
  }
}
