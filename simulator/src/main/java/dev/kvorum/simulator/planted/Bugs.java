package dev.kvorum.simulator.planted;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** All planted bugs. */
public final class Bugs {
  private static final List<Bug> ALL =
      Stream.of(
              RaftBugs.all(),
              StorageBugs.all(),
              MvccBugs.all(),
              WatchBugs.all(),
              LeaseBugs.all(),
              MembershipBugs.all())
          .flatMap(List::stream)
          .toList();

  private Bugs() {}

  /** In the order of the catalogue. */
  public static List<Bug> all() {
    return ALL;
  }

  /** The bug of that name. */
  public static Optional<Bug> find(String name) {
    return ALL.stream().filter(bug -> bug.name().equals(name)).findFirst();
  }
}
