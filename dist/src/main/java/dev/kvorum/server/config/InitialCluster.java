package dev.kvorum.server.config;

import dev.kvorum.server.notation.GoText;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The members that a cluster is founded with, by name.
 *
 * @param members each name's peer URLs, sorted by text; iterates in the order of names
 */
public record InitialCluster(SortedMap<String, List<Url>> members) {
  public InitialCluster {
    members = Collections.unmodifiableSortedMap(new TreeMap<>(members));
  }

  /** Reads {@code name=url,name=url}; a name may occur often, each time with another URL. */
  static InitialCluster parse(String text) throws ConfigException {
    var urls = new TreeMap<String, List<String>>();
    for (var pair : text.split(",", -1)) {
      if (!pair.isEmpty()) {
        int equals = pair.indexOf('=');
        var name = equals < 0 ? pair : pair.substring(0, equals);
        urls.computeIfAbsent(name, _ -> new ArrayList<>())
            .add(equals < 0 ? "" : pair.substring(equals + 1));
      }
    }
    var members = new TreeMap<String, List<Url>>();
    for (var entry : urls.entrySet()) {
      try {
        members.put(entry.getKey(), Url.parseList(String.join(",", entry.getValue())));
      } catch (ConfigException wrong) {
        throw new ConfigException("error setting up initial cluster: " + wrong.reason());
      }
    }
    return new InitialCluster(members);
  }

  void checkFoundedBy(String name, List<Url> advertised) throws ConfigException {
    var own = members.get(name);
    if (own == null) {
      throw new ConfigException(
          "couldn't find local name "
              + GoText.quoted(name)
              + " in the initial cluster configuration");
    }
    if (!own.equals(advertised)) {
      checkAdvertised(name, own, advertised);
    }
    var seen = new HashSet<String>();
    for (var urls : members.values()) {
      for (var url : urls) {
        if (!seen.add(url.text())) {
          throw new ConfigException("initial cluster " + this + " has duplicate url");
        }
      }
    }
  }

  private static void checkAdvertised(String name, List<Url> own, List<Url> advertised)
      throws ConfigException {
    if (resolved(own).equals(resolved(advertised))) {
      return;
    }
    var notAdvertised = new ArrayList<>(own);
    notAdvertised.removeAll(advertised);
    if (!notAdvertised.isEmpty()) {
      throw new ConfigException(
          "--initial-cluster has "
              + pairs(name, notAdvertised)
              + " but missing from --initial-advertise-peer-urls="
              + String.join(",", Url.texts(advertised)));
    }
    var notInCluster = new ArrayList<>(advertised);
    notInCluster.removeAll(own);
    if (!notInCluster.isEmpty()) {
      throw new ConfigException(
          "--initial-advertise-peer-urls has "
              + String.join(",", Url.texts(notInCluster))
              + " but missing from --initial-cluster="
              + pairs(name, own));
    }
  }

  /** A name and its address are the same host; only names are looked up, and only to compare. */
  private static Set<String> resolved(List<Url> urls) {
    var texts = new HashSet<String>();
    for (var url : urls) {
      texts.add(
          url.isUnixSocket()
              ? url.text()
              : url.scheme() + "://" + Hosts.resolve(url.host()) + ":" + url.port());
    }
    return texts;
  }

  private static String pairs(String name, List<Url> urls) {
    return String.join(",", urls.stream().map(url -> name + "=" + url).toList());
  }

  @Override
  public String toString() {
    return String.join(
        ",", members.entrySet().stream().map(e -> pairs(e.getKey(), e.getValue())).toList());
  }
}
