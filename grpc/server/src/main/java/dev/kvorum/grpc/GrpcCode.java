package dev.kvorum.grpc;

/** The status codes of gRPC; a code's number is its position. */
public enum GrpcCode {
  OK("OK"),
  CANCELED("Canceled"),
  UNKNOWN("Unknown"),
  INVALID_ARGUMENT("InvalidArgument"),
  DEADLINE_EXCEEDED("DeadlineExceeded"),
  NOT_FOUND("NotFound"),
  ALREADY_EXISTS("AlreadyExists"),
  PERMISSION_DENIED("PermissionDenied"),
  RESOURCE_EXHAUSTED("ResourceExhausted"),
  FAILED_PRECONDITION("FailedPrecondition"),
  ABORTED("Aborted"),
  OUT_OF_RANGE("OutOfRange"),
  UNIMPLEMENTED("Unimplemented"),
  INTERNAL("Internal"),
  UNAVAILABLE("Unavailable"),
  DATA_LOSS("DataLoss"),
  UNAUTHENTICATED("Unauthenticated");

  private static final GrpcCode[] BY_NUMBER = values();

  private final String label;

  GrpcCode(String label) {
    this.label = label;
  }

  /** The code with the number, which is in {@code [0, 16]}. */
  public static GrpcCode of(int number) {
    return BY_NUMBER[number];
  }

  public int number() {
    return ordinal();
  }

  /** The name that metrics show. */
  public String label() {
    return label;
  }
}
