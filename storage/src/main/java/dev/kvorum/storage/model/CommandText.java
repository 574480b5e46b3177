package dev.kvorum.storage.model;

import java.util.List;

/**
 * A request as one line for a log, in the notation of etcd's own lines: field names of the API and
 * what they hold, nothing for what is not set.
 *
 * <p>Values are left out, because they may be secret; their sizes stand in their place (contract
 * S21.8). Keys are written, and a line that grows too long is cut.
 */
public final class CommandText {
  /** A request may be megabytes of keys; a line of a log should not. */
  static final int MAX_SIZE = 4_096;

  private static final List<String> SORT_ORDERS = List.of("NONE", "ASCEND", "DESCEND");
  private static final List<String> SORT_TARGETS =
      List.of("KEY", "VERSION", "CREATE", "MOD", "VALUE");
  private static final List<String> RESULTS = List.of("EQUAL", "GREATER", "LESS", "NOT_EQUAL");
  private static final List<String> TARGETS = List.of("VERSION", "CREATE", "MOD", "VALUE", "LEASE");
  private static final List<String> ACTIONS = List.of("GET", "ACTIVATE", "DEACTIVATE");
  private static final List<String> ALARMS = List.of("NONE", "NOSPACE", "CORRUPT");

  private final StringBuilder text = new StringBuilder();

  private CommandText() {}

  /** The request's fields, as in {@code key:"a" value_size:3}. */
  public static String of(Command command) {
    var writer = new CommandText();
    writer.command(command);
    return writer.toString();
  }

  /** The request's fields behind its kind, as in {@code put:<key:"a" value_size:3>}. */
  public static String withKind(Command command) {
    var writer = new CommandText();
    writer.begin(kind(command)).command(command);
    writer.end();
    return writer.toString();
  }

  private static String kind(Command command) {
    return switch (command) {
      case Command.Range _ -> "range";
      case Command.Put _ -> "put";
      case Command.DeleteRange _ -> "delete_range";
      case Command.Txn _ -> "txn";
      case Command.Compact _ -> "compaction";
      case Command.Alarm _ -> "alarm";
      case Command.PublishMember _ -> "cluster_member_attr_set";
      case Command.SetClusterVersion _ -> "cluster_version_set";
      case Command.LeaseGrant _ -> "lease_grant";
      case Command.LeaseRevoke _ -> "lease_revoke";
      case Command.LeaseExpire _ -> "lease_expire";
      case Command.LeaseCheckpoint _ -> "lease_checkpoint";
    };
  }

  private void command(Command command) {
    switch (command) {
      case Command.Range range -> range(range);
      case Command.Put put -> put(put);
      case Command.DeleteRange delete -> deleteRange(delete);
      case Command.Txn txn -> txn(txn);
      case Command.Compact compact ->
          number("revision", compact.revision()).flag("physical", compact.physical());
      case Command.Alarm alarm ->
          name("action", ACTIONS, alarm.action())
              .id("memberID", alarm.memberId())
              .name("alarm", ALARMS, alarm.alarm());
      case Command.PublishMember publish -> {
        id("member_ID", publish.memberId()).quoted("name", publish.name());
        publish.clientUrls().forEach(url -> quoted("client_urls", url));
      }
      case Command.SetClusterVersion set -> quoted("ver", set.version());
      case Command.LeaseGrant grant -> number("TTL", grant.ttlSeconds()).number("ID", grant.id());
      case Command.LeaseRevoke revoke -> number("ID", revoke.id());
      case Command.LeaseExpire expire ->
          number("term", expire.term()).number("count", expire.ids().size());
      case Command.LeaseCheckpoint checkpoint -> number("count", checkpoint.leases().size());
    }
  }

  private void range(Command.Range range) {
    bytes("key", range.key())
        .bytes("range_end", range.rangeEnd())
        .number("limit", range.limit())
        .number("revision", range.revision())
        .name("sort_order", SORT_ORDERS, range.sortOrder())
        .name("sort_target", SORT_TARGETS, range.sortTarget())
        .flag("serializable", range.serializable())
        .flag("keys_only", range.keysOnly())
        .flag("count_only", range.countOnly())
        .number("min_mod_revision", range.minModRevision())
        .number("max_mod_revision", range.maxModRevision())
        .number("min_create_revision", range.minCreateRevision())
        .number("max_create_revision", range.maxCreateRevision());
  }

  private void put(Command.Put put) {
    bytes("key", put.key())
        .number("value_size", put.value().size())
        .number("lease", put.lease())
        .flag("prev_kv", put.prevKv())
        .flag("ignore_value", put.ignoreValue())
        .flag("ignore_lease", put.ignoreLease());
  }

  private void deleteRange(Command.DeleteRange delete) {
    bytes("key", delete.key())
        .bytes("range_end", delete.rangeEnd())
        .flag("prev_kv", delete.prevKv());
  }

  private void txn(Command.Txn txn) {
    for (var compare : txn.compares()) {
      begin("compare").compare(compare);
      end();
    }
    ops("success", txn.success());
    ops("failure", txn.failure());
  }

  private void compare(Command.Compare compare) {
    name("result", RESULTS, compare.result())
        .name("target", TARGETS, compare.target())
        .bytes("key", compare.key())
        .number("operand", compare.operand())
        .number("value_size", compare.value().size())
        .bytes("range_end", compare.rangeEnd());
  }

  private void ops(String branch, List<Command.TxnOp> ops) {
    for (var op : ops) {
      if (isFull()) {
        return;
      }
      begin(branch);
      switch (op) {
        case Command.Range range -> begin("request_range").range(range);
        case Command.Put put -> begin("request_put").put(put);
        case Command.DeleteRange delete -> begin("request_delete_range").deleteRange(delete);
        case Command.Txn txn -> begin("request_txn").txn(txn);
        case Command.MissingOp _ -> begin("missing");
      }
      end();
      end();
    }
  }

  private boolean isFull() {
    return text.length() > MAX_SIZE;
  }

  private CommandText begin(String field) {
    separate().append(field).append(":<");
    return this;
  }

  private void end() {
    text.append('>');
  }

  private StringBuilder separate() {
    if (!text.isEmpty() && text.charAt(text.length() - 1) != '<') {
      text.append(' ');
    }
    return text;
  }

  private CommandText number(String field, long number) {
    if (number != 0) {
      separate().append(field).append(':').append(number);
    }
    return this;
  }

  private CommandText id(String field, long id) {
    if (id != 0) {
      separate().append(field).append(':').append(Long.toUnsignedString(id));
    }
    return this;
  }

  private CommandText flag(String field, boolean flag) {
    if (flag) {
      separate().append(field).append(":true");
    }
    return this;
  }

  /** A number that names nothing is written as the number. */
  private CommandText name(String field, List<String> names, int number) {
    if (number != 0) {
      var known = number > 0 && number < names.size();
      separate().append(field).append(':').append(known ? names.get(number) : number);
    }
    return this;
  }

  private CommandText bytes(String field, Bytes bytes) {
    return quoted(field, bytes.slice(0, Math.min(bytes.size(), MAX_SIZE)).toString());
  }

  private CommandText quoted(String field, String content) {
    if (!content.isEmpty()) {
      separate().append(field).append(":\"").append(content.replace("\"", "\\\"")).append('"');
    }
    return this;
  }

  @Override
  public String toString() {
    return isFull() ? text.substring(0, MAX_SIZE) + "..." : text.toString();
  }
}
