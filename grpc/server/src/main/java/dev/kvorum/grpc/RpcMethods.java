package dev.kvorum.grpc;

import static dev.kvorum.grpc.RpcMethod.Shape.BIDIRECTIONAL;
import static dev.kvorum.grpc.RpcMethod.Shape.SERVER_STREAM;
import static dev.kvorum.grpc.RpcMethod.Shape.UNARY;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Every method of the API, whether it is served yet or not. */
public final class RpcMethods {
  private static final String KV = "etcdserverpb.KV";
  private static final String WATCH = "etcdserverpb.Watch";
  private static final String LEASE = "etcdserverpb.Lease";
  private static final String CLUSTER = "etcdserverpb.Cluster";
  private static final String MAINTENANCE = "etcdserverpb.Maintenance";
  private static final String AUTH = "etcdserverpb.Auth";
  private static final String LOCK = "v3lockpb.Lock";
  private static final String ELECTION = "v3electionpb.Election";
  private static final String HEALTH = "grpc.health.v1.Health";

  private static final List<RpcMethod> METHODS = new ArrayList<>();

  public static final RpcMethod RANGE = add(KV, "Range", UNARY);
  public static final RpcMethod RANGE_STREAM = add(KV, "RangeStream", SERVER_STREAM);
  public static final RpcMethod PUT = add(KV, "Put", UNARY);
  public static final RpcMethod DELETE_RANGE = add(KV, "DeleteRange", UNARY);
  public static final RpcMethod TXN = add(KV, "Txn", UNARY);
  public static final RpcMethod COMPACT = add(KV, "Compact", UNARY);

  public static final RpcMethod WATCH_WATCH = add(WATCH, "Watch", BIDIRECTIONAL);

  public static final RpcMethod LEASE_GRANT = add(LEASE, "LeaseGrant", UNARY);
  public static final RpcMethod LEASE_REVOKE = add(LEASE, "LeaseRevoke", UNARY);
  public static final RpcMethod LEASE_KEEP_ALIVE = add(LEASE, "LeaseKeepAlive", BIDIRECTIONAL);
  public static final RpcMethod LEASE_TIME_TO_LIVE = add(LEASE, "LeaseTimeToLive", UNARY);
  public static final RpcMethod LEASE_LEASES = add(LEASE, "LeaseLeases", UNARY);

  public static final RpcMethod MEMBER_ADD = add(CLUSTER, "MemberAdd", UNARY);
  public static final RpcMethod MEMBER_REMOVE = add(CLUSTER, "MemberRemove", UNARY);
  public static final RpcMethod MEMBER_UPDATE = add(CLUSTER, "MemberUpdate", UNARY);
  public static final RpcMethod MEMBER_LIST = add(CLUSTER, "MemberList", UNARY);
  public static final RpcMethod MEMBER_PROMOTE = add(CLUSTER, "MemberPromote", UNARY);

  public static final RpcMethod ALARM = add(MAINTENANCE, "Alarm", UNARY);
  public static final RpcMethod STATUS = add(MAINTENANCE, "Status", UNARY);
  public static final RpcMethod DEFRAGMENT = add(MAINTENANCE, "Defragment", UNARY);
  public static final RpcMethod HASH = add(MAINTENANCE, "Hash", UNARY);
  public static final RpcMethod HASH_KV = add(MAINTENANCE, "HashKV", UNARY);
  public static final RpcMethod SNAPSHOT = add(MAINTENANCE, "Snapshot", SERVER_STREAM);
  public static final RpcMethod MOVE_LEADER = add(MAINTENANCE, "MoveLeader", UNARY);
  public static final RpcMethod DOWNGRADE = add(MAINTENANCE, "Downgrade", UNARY);

  public static final RpcMethod AUTH_ENABLE = add(AUTH, "AuthEnable", UNARY);
  public static final RpcMethod AUTH_DISABLE = add(AUTH, "AuthDisable", UNARY);
  public static final RpcMethod AUTH_STATUS = add(AUTH, "AuthStatus", UNARY);
  public static final RpcMethod AUTHENTICATE = add(AUTH, "Authenticate", UNARY);
  public static final RpcMethod USER_ADD = add(AUTH, "UserAdd", UNARY);
  public static final RpcMethod USER_GET = add(AUTH, "UserGet", UNARY);
  public static final RpcMethod USER_LIST = add(AUTH, "UserList", UNARY);
  public static final RpcMethod USER_DELETE = add(AUTH, "UserDelete", UNARY);
  public static final RpcMethod USER_CHANGE_PASSWORD = add(AUTH, "UserChangePassword", UNARY);
  public static final RpcMethod USER_GRANT_ROLE = add(AUTH, "UserGrantRole", UNARY);
  public static final RpcMethod USER_REVOKE_ROLE = add(AUTH, "UserRevokeRole", UNARY);
  public static final RpcMethod ROLE_ADD = add(AUTH, "RoleAdd", UNARY);
  public static final RpcMethod ROLE_GET = add(AUTH, "RoleGet", UNARY);
  public static final RpcMethod ROLE_LIST = add(AUTH, "RoleList", UNARY);
  public static final RpcMethod ROLE_DELETE = add(AUTH, "RoleDelete", UNARY);
  public static final RpcMethod ROLE_GRANT_PERMISSION = add(AUTH, "RoleGrantPermission", UNARY);
  public static final RpcMethod ROLE_REVOKE_PERMISSION = add(AUTH, "RoleRevokePermission", UNARY);

  public static final RpcMethod LOCK_LOCK = add(LOCK, "Lock", UNARY);
  public static final RpcMethod LOCK_UNLOCK = add(LOCK, "Unlock", UNARY);

  public static final RpcMethod CAMPAIGN = add(ELECTION, "Campaign", UNARY);
  public static final RpcMethod PROCLAIM = add(ELECTION, "Proclaim", UNARY);
  public static final RpcMethod LEADER = add(ELECTION, "Leader", UNARY);
  public static final RpcMethod OBSERVE = add(ELECTION, "Observe", SERVER_STREAM);
  public static final RpcMethod RESIGN = add(ELECTION, "Resign", UNARY);

  public static final RpcMethod HEALTH_CHECK = add(HEALTH, "Check", UNARY);
  public static final RpcMethod HEALTH_WATCH = add(HEALTH, "Watch", SERVER_STREAM);
  public static final RpcMethod HEALTH_LIST = add(HEALTH, "List", UNARY);

  /** All methods; a method's {@link RpcMethod#index()} is its position here. */
  public static final List<RpcMethod> ALL = Collections.unmodifiableList(METHODS);

  private static final Map<String, RpcMethod> BY_PATH = byPath();
  private static final Set<String> SERVICES = services();

  private RpcMethods() {}

  /** The method that requests with this path call, or null when there is none. */
  static @Nullable RpcMethod byPath(String path) {
    return BY_PATH.get(path);
  }

  /** Whether clients of the path's method send for as long as they like. */
  static boolean isBidirectional(String path) {
    var method = BY_PATH.get(path);
    return method != null && method.shape() == BIDIRECTIONAL;
  }

  /** What a client is told whose path names no method: the words of its own library. */
  static GrpcStatus unknown(String path) {
    var slash = path.lastIndexOf('/');
    if (!path.startsWith("/") || slash == 0) {
      return GrpcStatus.unimplemented("malformed method name: " + Quoted.of(path));
    }
    var service = path.substring(1, slash);
    var name = path.substring(slash + 1);
    return GrpcStatus.unimplemented(
        SERVICES.contains(service)
            ? "unknown method " + name + " for service " + service
            : "unknown service " + service);
  }

  private static RpcMethod add(String service, String name, RpcMethod.Shape shape) {
    var method = new RpcMethod(service, name, shape, METHODS.size());
    METHODS.add(method);
    return method;
  }

  private static Map<String, RpcMethod> byPath() {
    var methods = new HashMap<String, RpcMethod>();
    for (var method : ALL) {
      methods.put(method.path(), method);
    }
    return methods;
  }

  private static Set<String> services() {
    var services = new HashSet<String>();
    for (var method : ALL) {
      services.add(method.service());
    }
    return services;
  }
}
