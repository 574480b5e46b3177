package dev.kvorum.storage.journal.disk;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** The persistence subsets: what of the un-synced a crash may leave behind. */
public final class Policies {
  private Policies() {}

  /** Which un-synced sector and which un-synced name survives, by order and count. */
  private record Policy(String name, Chooser sectors, Chooser names, boolean size)
      implements FaultyDisk.Survival {
    @Override
    public Sector sector(int order, int count) {
      return sectors.keeps(order, count) ? Sector.KEPT : Sector.GONE;
    }

    @Override
    public boolean name(int order, int count) {
      return names.keeps(order, count);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  @FunctionalInterface
  private interface Chooser {
    boolean keeps(int order, int count);
  }

  private static final Chooser NONE = (_, _) -> false;
  private static final Chooser ALL = (_, _) -> true;

  /** Sixteen subsets that no correct program loses an acknowledged write under. */
  public static List<FaultyDisk.Survival> all() {
    var policies = new ArrayList<FaultyDisk.Survival>();
    policies.add(new Policy("nothing", NONE, NONE, true));
    policies.add(new Policy("everything", ALL, ALL, true));
    Chooser prefix = (order, count) -> order < count / 2;
    Chooser suffix = (order, count) -> order >= count / 2;
    policies.add(new Policy("first half", prefix, prefix, true));
    policies.add(new Policy("second half", suffix, suffix, true));
    policies.add(new Policy("all but the first", (order, _) -> order != 0, ALL, true));
    policies.add(new Policy("all but the last", (order, count) -> order != count - 1, ALL, true));
    policies.add(new Policy("all but one inside", (order, count) -> order != count / 2, ALL, true));
    policies.add(new Policy("only the first", (order, _) -> order == 0, ALL, true));
    policies.add(new Policy("only the last", (order, count) -> order == count - 1, ALL, true));
    policies.add(new Policy("every other", (order, _) -> order % 2 == 0, ALL, true));
    IntFunction<Chooser> random =
        percent -> {
          // The seed is the percentage: the same subset in every run.
          RandomGenerator generator = RandomGeneratorFactory.of("L64X128MixRandom").create(percent);
          return (_, _) -> generator.nextInt(100) < percent;
        };
    policies.add(new Policy("one in ten", random.apply(10), random.apply(10), true));
    policies.add(new Policy("one in two", random.apply(50), random.apply(50), true));
    policies.add(new Policy("nine in ten", random.apply(90), random.apply(90), true));
    policies.add(new Policy("content without size", ALL, ALL, false));
    policies.add(new Policy("content without names", ALL, NONE, true));
    policies.add(new Policy("names without content", NONE, ALL, true));
    return policies;
  }
}
