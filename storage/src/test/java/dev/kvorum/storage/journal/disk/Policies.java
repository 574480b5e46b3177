package dev.kvorum.storage.journal.disk;

import java.util.ArrayList;
import java.util.List;

/** The {@link CrashPolicy crash policies} for tests that try one member of each family. */
public final class Policies {
  private Policies() {}

  /**
   * A member of every family but {@link CrashPolicy#SHORN}, under which the end of a journal counts
   * as damaged although nothing that was acknowledged is gone.
   */
  public static List<Survival> all() {
    var survivals = new ArrayList<Survival>();
    for (var policy : CrashPolicy.values()) {
      if (policy != CrashPolicy.SHORN) {
        survivals.add(policy.survival(survivals.size(), survivals.size()));
      }
    }
    return survivals;
  }
}
