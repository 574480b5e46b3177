package dev.kvorum.loadtest.workload;

/**
 * How many connections there are and how many calls each keeps open, written as in {@code 8x16}.
 */
public record Shape(int connections, int streams) {

  public Shape {
    if (connections < 1 || streams < 1) {
      throw new IllegalArgumentException(connections + "x" + streams);
    }
  }

  public static Shape parse(String text) {
    String[] parts = text.split("x", -1);
    if (parts.length != 2) {
      throw new IllegalArgumentException("a shape is written as in 8x16, not as in " + text);
    }
    return new Shape(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
  }

  @Override
  public String toString() {
    return connections + "x" + streams;
  }
}
