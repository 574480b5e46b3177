package dev.kvorum.grpc;

import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** Writes down what it is told. */
final class RecordingObserver implements RpcObserver {
  final Queue<String> events = new ConcurrentLinkedQueue<>();
  final BlockingQueue<GrpcCode> ends = new LinkedBlockingQueue<>();

  @Override
  public void started(RpcMethod method, String clientApiVersion) {
    events.add("started " + method.name() + " " + clientApiVersion);
  }

  @Override
  public void messageReceived(RpcMethod method, int sizeBytes) {
    events.add("received " + method.name() + " " + sizeBytes);
  }

  @Override
  public void messageSent(RpcMethod method, int sizeBytes) {
    events.add("sent " + method.name() + " " + sizeBytes);
  }

  @Override
  public void receiveFailed(RpcMethod method) {
    events.add("receive failed " + method.name());
  }

  @Override
  public void handled(RpcMethod method, GrpcCode code, long elapsedNanos) {
    events.add("handled " + method.name() + " " + code.label());
    ends.add(code);
  }
}
