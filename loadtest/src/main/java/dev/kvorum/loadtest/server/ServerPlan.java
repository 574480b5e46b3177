package dev.kvorum.loadtest.server;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How to start one single-node server; starting the same plan again restarts the same node.
 *
 * @param dataDirectory may be absent; the server makes it
 * @param clientPort on loopback
 * @param peerPort on loopback
 * @param extraFlags come after the flags that this record makes
 */
public record ServerPlan(
    Product product,
    Path program,
    Path dataDirectory,
    int clientPort,
    int peerPort,
    List<String> extraFlags) {

  public ServerPlan {
    extraFlags = List.copyOf(extraFlags);
  }

  /** A plan on two free ports with the data in {@code directory}. */
  public static ServerPlan on(
      Product product, Path program, Path directory, List<String> extraFlags) {
    return new ServerPlan(product, program, directory, Ports.free(), Ports.free(), extraFlags);
  }

  /** The same plan with another data directory. */
  public ServerPlan onDirectory(Path directory) {
    return new ServerPlan(product, program, directory, clientPort, peerPort, extraFlags);
  }

  /** The program and its flags. */
  public List<String> command() {
    String client = "http://127.0.0.1:" + clientPort;
    String peer = "http://127.0.0.1:" + peerPort;
    List<String> command = new ArrayList<>();
    command.add(program.toString());
    command.add("--name=default");
    command.add("--data-dir=" + dataDirectory);
    command.add("--listen-client-urls=" + client);
    command.add("--advertise-client-urls=" + client);
    command.add("--listen-peer-urls=" + peer);
    command.add("--initial-advertise-peer-urls=" + peer);
    command.add("--initial-cluster=default=" + peer);
    command.addAll(extraFlags);
    return command;
  }
}
