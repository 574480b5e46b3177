package dev.kvorum.server.config;

/** The configuration cannot be used; the message says why, in etcd's words where etcd has some. */
public final class ConfigException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String reason;

  public ConfigException(String reason) {
    super(reason);
    this.reason = reason;
  }

  /** The message, which is never absent. */
  public String reason() {
    return reason;
  }
}
