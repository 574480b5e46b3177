package dev.kvorum.loadtest.server;

/** A program that serves etcd's API and takes etcd's flags. */
public enum Product {
  KVORUM("kvorum"),
  ETCD("etcd");

  private final String label;

  Product(String label) {
    this.label = label;
  }

  /** The name that reports and log files use. */
  public String label() {
    return label;
  }
}
