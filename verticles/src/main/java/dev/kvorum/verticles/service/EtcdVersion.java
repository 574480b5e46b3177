package dev.kvorum.verticles.service;

/** The versions that clients choose features by (contract S16.1). */
public final class EtcdVersion {
  /** The release whose contract this server keeps. */
  public static final String SERVER = "3.7.1";

  /** What a cluster of such servers speaks; the patch number is always 0. */
  public static final String CLUSTER = "3.7.0";

  private EtcdVersion() {}
}
