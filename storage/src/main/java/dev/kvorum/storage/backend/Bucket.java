package dev.kvorum.storage.backend;

/** The ordered maps that the state store is made of (contract S19.4 names them). */
public enum Bucket {
  /** Key-value records by revision (S1.7). */
  KEY("key"),
  /** Applied index, term, compaction progress, sizes, state hash. */
  META("meta"),
  LEASE("lease"),
  ALARM("alarm"),
  CLUSTER("cluster"),
  MEMBERS("members"),
  MEMBERS_REMOVED("members_removed"),
  AUTH("auth"),
  AUTH_USERS("authUsers"),
  AUTH_ROLES("authRoles");

  private final String title;

  Bucket(String title) {
    this.title = title;
  }

  /** The name in etcd's files and in hashes. */
  public String title() {
    return title;
  }
}
