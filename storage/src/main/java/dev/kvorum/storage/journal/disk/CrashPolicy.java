package dev.kvorum.storage.journal.disk;

import java.util.SplittableRandom;

/**
 * Sixteen ways in which a crash may treat what was not synced. No correct program loses anything
 * that it has acknowledged under any of them, and none relies on one of them.
 *
 * <p>Some are families, with as many members as there are sectors: {@link #variants} says how many,
 * and {@link #survival} picks one. Nothing is drawn from anything but the given seed.
 */
public enum CrashPolicy {
  /** Nothing that was not synced. */
  NOTHING,
  /** All of it. */
  EVERYTHING,
  /** The oldest writes up to one of them. */
  PREFIX,
  /** The newest writes from one of them on. */
  SUFFIX,
  /** All sectors but one, and all names. */
  ONE_MISSING,
  /** One sector alone, and all names. */
  ONE_PRESENT,
  /** One sector in ten, one name in ten. */
  TENTH,
  /** Every other one on average. */
  HALF,
  /** Nine in ten. */
  NINE_TENTHS,
  /** The newer half; where one sector was written twice, the older write is found. */
  REVERSED,
  /** All content, but files keep their old sizes. */
  CONTENT_WITHOUT_SIZE,
  /** Files have their new sizes, zeros where they grew, and every other name on average. */
  SIZE_WITHOUT_CONTENT,
  /** Names are created, changed and gone, but no content and no size is new. */
  NAMES_WITHOUT_CONTENT,
  /** All that describes files and none that is in them. */
  METADATA_WITHOUT_CONTENT,
  /** All content and no name. */
  CONTENT_WITHOUT_NAMES,
  /** One sector is half new and half old; all others are there, or only those before it. */
  SHORN;

  /**
   * How many members the family has when so many sectors and names are un-synced; at least 1.
   *
   * @param sectors {@link FaultyDisk#unsyncedSectors()}
   */
  public int variants(int sectors) {
    return switch (this) {
      case PREFIX, SUFFIX, ONE_MISSING, ONE_PRESENT -> Math.max(1, sectors);
      case SHORN -> Math.max(1, 2 * sectors);
      case NOTHING,
          EVERYTHING,
          TENTH,
          HALF,
          NINE_TENTHS,
          REVERSED,
          CONTENT_WITHOUT_SIZE,
          SIZE_WITHOUT_CONTENT,
          NAMES_WITHOUT_CONTENT,
          METADATA_WITHOUT_CONTENT,
          CONTENT_WITHOUT_NAMES ->
          1;
    };
  }

  /**
   * One member of the family, good for one crash.
   *
   * @param variant in {@code [0, variants)}; larger ones begin again at 0
   * @param seed what the random ones draw from
   */
  public Survival survival(int variant, long seed) {
    return new Chosen(this, variant, new SplittableRandom(seed));
  }

  private record Chosen(CrashPolicy policy, int variant, SplittableRandom random)
      implements Survival {
    @Override
    public Sector sector(int order, int count) {
      var picked = variant % count;
      return switch (policy) {
        case NOTHING, SIZE_WITHOUT_CONTENT, NAMES_WITHOUT_CONTENT, METADATA_WITHOUT_CONTENT ->
            Sector.GONE;
        case EVERYTHING, CONTENT_WITHOUT_SIZE, CONTENT_WITHOUT_NAMES -> Sector.KEPT;
        case PREFIX -> kept(order <= picked);
        case SUFFIX -> kept(order >= picked);
        case ONE_MISSING -> kept(order != picked);
        case ONE_PRESENT -> kept(order == picked);
        case TENTH -> kept(random.nextInt(10) == 0);
        case HALF -> kept(random.nextBoolean());
        case NINE_TENTHS -> kept(random.nextInt(10) != 0);
        case REVERSED -> kept(order >= count / 2);
        case SHORN -> {
          if (order == picked) {
            yield Sector.SHORN;
          }
          yield kept(order < picked || variant / count % 2 == 0);
        }
      };
    }

    private static Sector kept(boolean kept) {
      return kept ? Sector.KEPT : Sector.GONE;
    }

    @Override
    public boolean name(int order, int count) {
      return switch (policy) {
        case NOTHING, CONTENT_WITHOUT_NAMES -> false;
        case EVERYTHING,
            ONE_MISSING,
            ONE_PRESENT,
            CONTENT_WITHOUT_SIZE,
            NAMES_WITHOUT_CONTENT,
            METADATA_WITHOUT_CONTENT,
            SHORN ->
            true;
        case PREFIX -> order <= variant % count;
        case SUFFIX -> order >= variant % count;
        case TENTH -> random.nextInt(10) == 0;
        case HALF, SIZE_WITHOUT_CONTENT -> random.nextBoolean();
        case NINE_TENTHS -> random.nextInt(10) != 0;
        case REVERSED -> order >= count / 2;
      };
    }

    @Override
    public Size size() {
      return switch (policy) {
        case CONTENT_WITHOUT_SIZE, NAMES_WITHOUT_CONTENT -> Size.OLD;
        case SIZE_WITHOUT_CONTENT, METADATA_WITHOUT_CONTENT -> Size.NEW;
        case NOTHING,
            EVERYTHING,
            PREFIX,
            SUFFIX,
            ONE_MISSING,
            ONE_PRESENT,
            TENTH,
            HALF,
            NINE_TENTHS,
            REVERSED,
            CONTENT_WITHOUT_NAMES,
            SHORN ->
            Size.AS_CONTENT;
      };
    }

    @Override
    public boolean reversed() {
      return policy == REVERSED;
    }

    @Override
    public String toString() {
      return policy + " " + variant;
    }
  }
}
