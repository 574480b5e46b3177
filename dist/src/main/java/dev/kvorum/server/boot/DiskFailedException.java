package dev.kvorum.server.boot;

import dev.kvorum.storage.journal.disk.DiskFaultException;

/** A write or sync failed while the member was being opened (P9). */
public final class DiskFailedException extends Exception {
  private static final long serialVersionUID = 1L;

  public DiskFailedException(DiskFaultException fault) {
    super(fault.getMessage(), fault);
  }
}
