package dev.kvorum.grpc;

/** The status codes of gRPC. */
public enum GrpcCode {
  OK(0, "OK"),
  CANCELED(1, "Canceled"),
  UNKNOWN(2, "Unknown"),
  INVALID_ARGUMENT(3, "InvalidArgument"),
  DEADLINE_EXCEEDED(4, "DeadlineExceeded"),
  NOT_FOUND(5, "NotFound"),
  ALREADY_EXISTS(6, "AlreadyExists"),
  PERMISSION_DENIED(7, "PermissionDenied"),
  RESOURCE_EXHAUSTED(8, "ResourceExhausted"),
  FAILED_PRECONDITION(9, "FailedPrecondition"),
  ABORTED(10, "Aborted"),
  OUT_OF_RANGE(11, "OutOfRange"),
  UNIMPLEMENTED(12, "Unimplemented"),
  INTERNAL(13, "Internal"),
  UNAVAILABLE(14, "Unavailable"),
  DATA_LOSS(15, "DataLoss"),
  UNAUTHENTICATED(16, "Unauthenticated");

  private static final GrpcCode[] BY_NUMBER = values();

  private final int number;
  private final String label;

  GrpcCode(int number, String label) {
    this.number = number;
    this.label = label;
  }

  /** The code with the number, which is in {@code [0, 16]}. */
  public static GrpcCode of(int number) {
    return BY_NUMBER[number];
  }

  public int number() {
    return number;
  }

  /** The name that metrics show. */
  public String label() {
    return label;
  }
}
