package dev.kvorum.server;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The end by SIGTERM or SIGINT (contract S25.5): the first one asks the server to stop, after which
 * the process dies by that same signal, so that whoever waits for it sees why it ended; a second
 * one kills it at once. As process 1, which the kernel keeps from dying by a default action, it
 * exits with 0.
 *
 * <p>The JDK has no supported interface for signals. {@code sun.misc.Signal} is exported by a
 * module that every JDK has, but the compiler warns of each mention of it: hence by reflection.
 */
final class Signals {
  /** A signal by the JDK's name, Go's name and its number. */
  private enum Signal {
    TERM("terminated", 15),
    INT("interrupt", 2);

    private final String text;
    private final int number;

    Signal(String text, int number) {
      this.text = text;
      this.number = number;
    }
  }

  private static final int EXIT_BY_SIGNAL = 128;

  private final CompletableFuture<Signal> received = new CompletableFuture<>();

  /** False while the server starts: there is nothing to stop yet, and a start may take long. */
  private volatile boolean awaited;

  private Signals() {}

  /** From now on the first signal ends {@link #await}, or the process when nobody waits yet. */
  static Signals watch() {
    var signals = new Signals();
    for (var signal : Signal.values()) {
      handle(
          signal,
          (_, method, _) -> {
            if (method.getName().equals("handle")) {
              signals.receive(signal);
            }
            return null;
          });
    }
    return signals;
  }

  private void receive(Signal signal) {
    for (var each : Signal.values()) {
      handle(each, null);
    }
    received.complete(signal);
    if (!awaited) {
      die();
    }
  }

  /** Waits for the first signal and names it as Go does. */
  String await() {
    awaited = true;
    return received.join().text;
  }

  /** Ends the process by the signal that came. */
  void die() {
    var runtime = Runtime.getRuntime();
    if (ProcessHandle.current().pid() == 1) {
      runtime.halt(0);
    }
    var number = received.join().number;
    try {
      LibC.raise(number);
    } finally {
      runtime.halt(EXIT_BY_SIGNAL + number);
    }
  }

  /** Sets a handler; null stands for the system's default action. */
  private static void handle(Signal signal, @Nullable InvocationHandler handler) {
    try {
      var signalType = Class.forName("sun.misc.Signal");
      var handlerType = Class.forName("sun.misc.SignalHandler");
      Method handle = signalType.getMethod("handle", signalType, handlerType);
      var target =
          handler == null
              ? handlerType.getField("SIG_DFL").get(null)
              : Proxy.newProxyInstance(
                  Signals.class.getClassLoader(), new Class<?>[] {handlerType}, handler);
      handle.invoke(
          null, signalType.getConstructor(String.class).newInstance(signal.name()), target);
    } catch (ReflectiveOperationException changed) {
      throw new IllegalStateException("this JDK has no sun.misc.Signal as we know it", changed);
    }
  }
}
