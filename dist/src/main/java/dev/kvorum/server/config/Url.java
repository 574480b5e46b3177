package dev.kvorum.server.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;

/**
 * An address as flags and members write it: {@code http://host:port} or {@code unix://path}.
 *
 * @param scheme {@code http}, {@code https}, {@code unix} or {@code unixs}
 * @param host without the brackets of an IPv6 address; empty for {@code unix:///path}
 * @param port 0 to 65535; 0 lets the system choose, and for a Unix socket without one
 * @param text the whole, as it is compared, hashed and shown
 */
public record Url(String scheme, String host, int port, String text) {
  private static final int LARGEST_PORT = 65_535;

  /** A comma-separated list, sorted by text and without repetitions, as etcd keeps it. */
  static List<Url> parseList(String list) throws ConfigException {
    var urls = new LinkedHashMap<String, Url>();
    for (var text : list.split(",", -1)) {
      var url = parse(text.strip());
      urls.put(url.text, url);
    }
    var sorted = new ArrayList<>(urls.values());
    sorted.sort(Comparator.comparing(Url::text));
    return sorted;
  }

  static Url parse(String text) throws ConfigException {
    int colon = text.indexOf(':');
    if (colon == 0) {
      throw new ConfigException("parse \"" + text + "\": missing protocol scheme");
    }
    if (colon > 0 && Character.isDigit(text.charAt(0))) {
      throw new ConfigException(
          "parse \"" + text + "\": first path segment in URL cannot contain colon");
    }
    var scheme = colon < 0 ? "" : text.substring(0, colon).toLowerCase(Locale.ROOT);
    var rest = text.startsWith("://", colon) ? text.substring(colon + 3) : "";
    return switch (scheme) {
      case "http", "https" -> tcp(scheme, rest, text);
      case "unix", "unixs" -> unix(scheme, rest, text);
      default ->
          throw new ConfigException("URL scheme must be http, https, unix, or unixs: " + text);
    };
  }

  private static Url tcp(String scheme, String rest, String text) throws ConfigException {
    int slash = rest.indexOf('/');
    var authority = slash < 0 ? rest : rest.substring(0, slash);
    int colon = authority.lastIndexOf(':');
    var host = colon < 0 ? "" : authority.substring(0, colon);
    var bracketed = host.startsWith("[") && host.endsWith("]");
    if (colon < 0 || colon == authority.length() - 1 || (!bracketed && host.indexOf(':') >= 0)) {
      throw new ConfigException("URL address does not have the form \"host:port\": " + text);
    }
    if (slash >= 0) {
      throw new ConfigException("URL must not contain a path: " + text);
    }
    int port = port(authority.substring(colon + 1), text);
    var bare = bracketed ? host.substring(1, host.length() - 1) : host;
    return new Url(scheme, bare, port, scheme + "://" + authority);
  }

  private static Url unix(String scheme, String rest, String text) throws ConfigException {
    if (rest.isEmpty()) {
      throw new ConfigException("URL address does not name a socket: " + text);
    }
    return new Url(scheme, "", 0, scheme + "://" + rest);
  }

  private static int port(String digits, String text) throws ConfigException {
    int port = 0;
    for (int i = 0; i < digits.length(); i++) {
      var c = digits.charAt(i);
      port = port * 10 + (c - '0');
      if (c < '0' || c > '9' || port > LARGEST_PORT) {
        throw new ConfigException(
            "parse \"" + text + "\": invalid port \":" + digits + "\" after host");
      }
    }
    return port;
  }

  /** Whether it names a socket in the file system. */
  public boolean isUnixSocket() {
    return scheme.startsWith("unix");
  }

  /** Whether it asks for TLS. */
  public boolean isSecure() {
    return scheme.equals("https") || scheme.equals("unixs");
  }

  /** The file of a Unix socket, relative to the working directory unless absolute. */
  public String socketPath() {
    return text.substring(scheme.length() + "://".length());
  }

  /** The texts of many. */
  public static List<String> texts(List<Url> urls) {
    return urls.stream().map(Url::text).toList();
  }

  @Override
  public String toString() {
    return text;
  }
}
