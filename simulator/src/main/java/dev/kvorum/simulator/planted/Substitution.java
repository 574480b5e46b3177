package dev.kvorum.simulator.planted;

/**
 * What is different in a planted class: one method's answer, one call, one access of a field.
 *
 * <p>Types are named without the prefix {@code dev.kvorum.}, unless they begin with {@code java.}.
 * A method stands for all its overloads and for the lambdas in it.
 */
public sealed interface Substitution {
  /** The type that is rewritten. */
  String type();

  /** The method of it in which the place is. */
  String method();

  /** How many places there have to be. */
  default int places() {
    return 1;
  }

  /** Which of them is meant, counted from 1. */
  default int place() {
    return 1;
  }

  /** The method answers this at once; null if it answers an object. */
  record Answers(String type, String method, long number) implements Substitution {}

  /** The method is given something else instead of its argument, counted from 0. */
  record Takes(String type, String method, int argument, String replacement)
      implements Substitution {}

  /** A call in the method is replaced. */
  record Calls(
      String type,
      String method,
      String calledType,
      String called,
      int place,
      int places,
      Instead instead)
      implements Substitution {
    Calls(String type, String method, String calledType, String called, Instead instead) {
      this(type, method, calledType, called, 1, 1, instead);
    }
  }

  /** A field, read in the method, seems to hold this number. */
  record Reads(String type, String method, String field, int place, int places, long number)
      implements Substitution {
    Reads(String type, String method, String field, long number) {
      this(type, method, field, 1, 1, number);
    }
  }

  /** What the method assigns to the field is forgotten. */
  record Forgets(String type, String method, String field, int place, int places)
      implements Substitution {
    Forgets(String type, String method, String field) {
      this(type, method, field, 1, 1);
    }
  }

  /** What happens instead of a call. */
  sealed interface Instead {
    /** Nothing, and this is the answer; null if it is an object. */
    record Constant(long number) implements Instead {}

    /** Nothing, and an argument is the answer; 0 is the receiver, or the first of a static call. */
    record Argument(int position) implements Instead {}

    /** The opposite is the answer. */
    record Opposite() implements Instead {}

    /** Another method of the same type is called, which takes and gives the same. */
    record Sibling(String name) implements Instead {}

    /**
     * A method of {@link Replacements} gets receiver and arguments, and if it takes one more, the
     * object whose method calls.
     */
    record Replacement(String name) implements Instead {}
  }
}
