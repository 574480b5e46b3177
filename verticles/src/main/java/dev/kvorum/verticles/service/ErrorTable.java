package dev.kvorum.verticles.service;

import dev.kvorum.storage.model.Failure;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/**
 * The one table from a {@link Failure} to what a client sees of it: a gRPC code and a text. Client
 * libraries choose their typed errors by the text and not by the code (contract S29.3), so every
 * text is part of the API. Two rows carry the code Unknown although a better one exists, because
 * clients have always seen them so.
 */
public final class ErrorTable {
  private static final int CANCELED = 1;
  private static final int UNKNOWN = 2;
  private static final int INVALID_ARGUMENT = 3;
  private static final int DEADLINE_EXCEEDED = 4;
  private static final int NOT_FOUND = 5;
  private static final int RESOURCE_EXHAUSTED = 8;
  private static final int FAILED_PRECONDITION = 9;
  private static final int OUT_OF_RANGE = 11;
  private static final int UNIMPLEMENTED = 12;
  private static final int UNAVAILABLE = 14;
  private static final int DATA_LOSS = 15;

  private static final Map<Failure, WireError> TABLE = table();

  private ErrorTable() {}

  /**
   * A failure as it travels.
   *
   * @param code the number of the gRPC code, from 1 to 16
   * @param text the message, exactly as clients match it
   */
  public record WireError(int code, String text) {}

  /** What a client sees of the failure. */
  public static WireError of(Failure failure) {
    return Objects.requireNonNull(TABLE.get(failure));
  }

  private static Map<Failure, WireError> table() {
    var table = new EnumMap<Failure, WireError>(Failure.class);
    for (var failure : Failure.values()) {
      table.put(failure, row(failure));
    }
    return Collections.unmodifiableMap(table);
  }

  private static WireError row(Failure failure) {
    return switch (failure) {
      case EMPTY_KEY -> error(INVALID_ARGUMENT, "key is not provided");
      case KEY_NOT_FOUND -> error(INVALID_ARGUMENT, "key not found");
      case VALUE_PROVIDED -> error(INVALID_ARGUMENT, "value is provided");
      case LEASE_PROVIDED -> error(INVALID_ARGUMENT, "lease is provided");
      case TOO_MANY_OPS -> error(INVALID_ARGUMENT, "too many operations in txn request");
      case DUPLICATE_KEY -> error(INVALID_ARGUMENT, "duplicate key given in txn request");
      case INVALID_SORT_OPTION -> error(INVALID_ARGUMENT, "invalid sort option");
      case INVALID_CLIENT_API_VERSION -> error(INVALID_ARGUMENT, "invalid client api version");
      case COMPACTED -> error(OUT_OF_RANGE, "mvcc: required revision has been compacted");
      case FUTURE_REVISION -> error(OUT_OF_RANGE, "mvcc: required revision is a future revision");
      case NO_SPACE -> error(RESOURCE_EXHAUSTED, "mvcc: database space exceeded");
      case CORRUPT -> error(DATA_LOSS, "corrupt cluster");
      case LEASE_NOT_FOUND -> error(NOT_FOUND, "requested lease not found");
      case LEASE_EXISTS -> error(FAILED_PRECONDITION, "lease already exists");
      case LEASE_TTL_TOO_LARGE -> error(OUT_OF_RANGE, "too large lease TTL");
      case MEMBER_NOT_FOUND -> error(NOT_FOUND, "member not found");
      case REQUEST_TOO_LARGE -> error(INVALID_ARGUMENT, "request is too large");
      case STREAM_CUSTOM_SORT ->
          new WireError(UNIMPLEMENTED, "RangeStream does not support custom sort orders");
      case STREAM_REVISION_FILTER ->
          new WireError(UNIMPLEMENTED, "RangeStream does not support revision filters");
      case UNIMPLEMENTED -> new WireError(UNIMPLEMENTED, "not implemented yet");
      case TOO_MANY_REQUESTS -> error(UNKNOWN, "too many requests");
      case NO_LEADER -> error(UNAVAILABLE, "no leader");
      case NOT_LEADER -> error(FAILED_PRECONDITION, "not leader");
      case NOT_CAPABLE -> error(FAILED_PRECONDITION, "not capable");
      case STOPPED -> error(UNAVAILABLE, "server stopped");
      case LEADER_CHANGED -> error(UNAVAILABLE, "leader changed");
      case TIMEOUT -> error(UNAVAILABLE, "request timed out");
      case TIMEOUT_LEADER_FAILED ->
          error(UNAVAILABLE, "request timed out, possibly due to previous leader failure");
      case TIMEOUT_CONNECTION_LOST ->
          error(UNAVAILABLE, "request timed out, possibly due to connection lost");
      // The client's own deadline keeps the words of the gRPC library (S21.5).
      case DEADLINE_EXCEEDED -> new WireError(DEADLINE_EXCEEDED, "context deadline exceeded");
      case CANCELED -> error(CANCELED, "request canceled");
    };
  }

  private static WireError error(int code, String text) {
    return new WireError(code, "etcdserver: " + text);
  }
}
