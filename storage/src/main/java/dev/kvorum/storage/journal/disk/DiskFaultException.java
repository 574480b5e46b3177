package dev.kvorum.storage.journal.disk;

/** A {@link DiskFault} met by a blocking call. */
public final class DiskFaultException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient DiskFault fault;

  public DiskFaultException(DiskFault fault) {
    super(fault.message());
    this.fault = fault;
  }

  public DiskFault fault() {
    return fault;
  }
}
