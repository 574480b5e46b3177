package dev.kvorum.verticles.service;

import dev.kvorum.storage.backend.BackendFullException;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.StoreMeta;
import dev.kvorum.verticles.store.BackendWriter;
import java.util.List;

/** For a writer that is never started: tests commit records themselves. */
public final class UnheardWriter implements BackendWriter.Listener {
  @Override
  public void flushed(List<Revision> records, long appliedIndex, long tookNanos) {}

  @Override
  public void synced(StoreMeta meta) {}

  @Override
  public void spaceMissing(BackendFullException full) {}

  @Override
  public void spaceFound() {}

  @Override
  public void failed(Throwable fault) {}
}
