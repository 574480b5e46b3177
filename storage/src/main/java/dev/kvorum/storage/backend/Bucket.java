package dev.kvorum.storage.backend;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The ordered maps that the state store is made of (contract S19.4 names them). */
public enum Bucket {
  /** Key-value records by revision (S1.7). */
  KEY(0, "key"),
  /** Applied index, term, compaction progress, sizes, state hash. */
  META(1, "meta"),
  LEASE(2, "lease"),
  ALARM(3, "alarm"),
  CLUSTER(4, "cluster"),
  MEMBERS(5, "members"),
  MEMBERS_REMOVED(6, "members_removed"),
  AUTH(7, "auth"),
  AUTH_USERS(8, "authUsers"),
  AUTH_ROLES(9, "authRoles");

  private static final List<Bucket> ALL = List.of(values());

  private final int number;
  private final String title;

  Bucket(int number, String title) {
    this.number = number;
    this.title = title;
  }

  /** The bucket of that number; null for a number that this release does not know. */
  public static @Nullable Bucket ofNumber(int number) {
    for (var bucket : ALL) {
      if (bucket.number == number) {
        return bucket;
      }
    }
    return null;
  }

  /** What stands for the bucket in snapshot files, in {@code [0, 256)}; it never changes. */
  public int number() {
    return number;
  }

  /** The name in etcd's files and in hashes. */
  public String title() {
    return title;
  }
}
