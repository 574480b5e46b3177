package dev.kvorum.server.config;

import dev.kvorum.server.config.Note.Severity;
import dev.kvorum.server.notation.GoText;
import java.util.List;
import org.slf4j.event.KeyValuePair;

/**
 * The URLs of a member and what follows from them: the rules by which defaults give way.
 *
 * @param initialClusterFollowsName the default of {@code --initial-cluster} was replaced
 */
record Addresses(
    List<Url> listenPeer,
    List<Url> listenClient,
    List<Url> advertisePeer,
    List<Url> advertiseClient,
    String initialCluster,
    boolean initialClusterFollowsName) {
  private static final String DEFAULT_NAME = "default";
  private static final String EVERYWHERE = "0.0.0.0";

  static Addresses of(FlagValues values, boolean fromFile, List<Note> notes)
      throws ConfigException {
    var listenPeer = values.urls("listen-peer-urls");
    var listenClient = values.urls("listen-client-urls");
    checkBindable(listenPeer);
    checkBindable(listenClient);
    checkBindable(values.urls("listen-client-http-urls"));
    checkBindable(values.urls("listen-metrics-urls"));
    var advertisePeer = reachable("initial-advertise-peer-urls", values, listenPeer, notes);
    checkHosts(advertisePeer, "--initial-advertise-peer-urls");
    // Told where to listen, a member cannot guess what its clients should dial. A file is trusted
    // to
    // mean the default when it says nothing.
    var mustAdvertise = !fromFile && values.isGiven("listen-client-urls");
    var advertiseClient =
        mustAdvertise && !values.isGiven("advertise-client-urls")
            ? List.<Url>of()
            : reachable("advertise-client-urls", values, listenClient, notes);
    checkHosts(advertiseClient, "--advertise-client-urls");
    var name = values.text("name");
    var initialCluster = values.text("initial-cluster");
    var follows =
        !name.equals(DEFAULT_NAME)
            && initialCluster.equals(FlagTable.known("initial-cluster").defaultText());
    if (follows) {
      initialCluster =
          String.join(",", advertisePeer.stream().map(url -> name + "=" + url.text()).toList());
    }
    return new Addresses(
        listenPeer, listenClient, advertisePeer, advertiseClient, initialCluster, follows);
  }

  void checkAdvertised() throws ConfigException {
    if (!listenClient.isEmpty() && advertiseClient.isEmpty()) {
      throw new ConfigException(
          "--advertise-client-urls is required when --listen-client-urls is set explicitly");
    }
  }

  private static void checkBindable(List<Url> urls) throws ConfigException {
    for (var url : urls) {
      if (url.isSecure()) {
        throw new ConfigException("TLS is not yet in effect: cannot listen on " + url);
      }
      if (!url.isUnixSocket() && !url.host().equals("localhost") && !Hosts.isIp(url.host())) {
        throw new ConfigException("expected IP in URL for binding (" + url + ")");
      }
    }
  }

  private static void checkHosts(List<Url> urls, String flag) throws ConfigException {
    for (var url : urls) {
      if (!url.isUnixSocket() && url.host().isEmpty()) {
        throw new ConfigException(
            flag
                + " "
                + GoText.quoted(String.join(",", Url.texts(urls)))
                + " must be \"host:port\" (unexpected empty host ("
                + url
                + "))");
      }
    }
  }

  /** The advertised URLs; the default is no use to others when the member listens everywhere. */
  private static List<Url> reachable(
      String flag, FlagValues values, List<Url> listen, List<Note> notes) throws ConfigException {
    var advertised = values.urls(flag);
    var isDefault = Url.texts(advertised).equals(List.of(FlagTable.known(flag).defaultText()));
    if (!isDefault || listen.isEmpty() || !listen.getFirst().host().equals(EVERYWHERE)) {
      return advertised;
    }
    var host = Hosts.ofDefaultRoute();
    if (host.isEmpty()) {
      return advertised;
    }
    notes.add(
        Note.of(
            Severity.INFO,
            "detected default host for advertise",
            new KeyValuePair("host", host.get())));
    return List.of(Url.parse("http://" + host.get() + ":" + listen.getFirst().port()));
  }
}
