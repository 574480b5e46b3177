package dev.kvorum.server.config;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/** Names and addresses of machines. */
final class Hosts {
  private Hosts() {}

  /** Whether the text is an address, not a name. */
  static boolean isIp(String host) {
    if (host.indexOf(':') >= 0) {
      return isIpv6(host);
    }
    int parts = 0;
    for (var part : host.split("\\.", -1)) {
      if (part.isEmpty()
          || part.length() > 3
          || !part.chars().allMatch(c -> c >= '0' && c <= '9')) {
        return false;
      }
      if (Integer.parseInt(part) > 255 || (part.length() > 1 && part.startsWith("0"))) {
        return false;
      }
      parts++;
    }
    return parts == 4;
  }

  private static boolean isIpv6(String host) {
    try {
      // A literal, as the colon shows: no name service is asked.
      var _ = InetAddress.ofLiteral(host);
      return host.indexOf('%') < 0;
    } catch (IllegalArgumentException _) {
      return false;
    }
  }

  /** The address of a host, or its name when it has none, or is {@code localhost}. */
  static String resolve(String host) {
    try {
      return host.equals("localhost") ? host : InetAddress.getByName(host).getHostAddress();
    } catch (UnknownHostException _) {
      return host;
    }
  }

  /**
   * The address that this machine has towards the rest of the world. Connecting a datagram socket
   * sends nothing; it only asks the routing table.
   */
  static Optional<String> ofDefaultRoute() {
    try (var socket = new DatagramSocket()) {
      socket.connect(new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 9));
      var address = socket.getLocalAddress();
      return address.isAnyLocalAddress() || address.isLoopbackAddress()
          ? Optional.empty()
          : Optional.of(address.getHostAddress());
    } catch (IOException | RuntimeException _) {
      return Optional.empty();
    }
  }
}
