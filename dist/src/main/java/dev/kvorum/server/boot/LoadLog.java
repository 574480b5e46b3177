package dev.kvorum.server.boot;

import dev.kvorum.storage.mvcc.IndexMisfitException;
import dev.kvorum.storage.state.LoadListener;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs how the loading of the state goes: a line a second at most, none when it is quick. */
final class LoadLog implements LoadListener {
  private static final Logger LOGGER = LoggerFactory.getLogger(LoadLog.class);

  /** What is logged when the checkpoint is of no use, with the reason. */
  static final String NOT_USED =
      "the index checkpoint is not used; building the key index from all records";

  private static final Duration BETWEEN_LINES = Duration.ofSeconds(1);

  private final String work;
  private final long began = System.nanoTime();
  private Duration lastLine = Duration.ZERO;
  private boolean misfit;

  /**
   * @param work what is done with the records
   */
  LoadLog(String work) {
    this.work = work;
  }

  /** For a start that builds the index. */
  static LoadLog ofIndex() {
    return new LoadLog("building the key index");
  }

  @Override
  public void misfit(IndexMisfitException why) {
    misfit = true;
    LOGGER.atWarn().addKeyValue("reason", why.getMessage()).log(NOT_USED);
  }

  /** Whether the checkpoint was of no use. */
  boolean isMisfit() {
    return misfit;
  }

  @Override
  public void records(long count) {
    var took = Duration.ofNanos(System.nanoTime() - began);
    if (took.minus(lastLine).compareTo(BETWEEN_LINES) >= 0) {
      lastLine = took;
      LOGGER.atInfo().addKeyValue("records", count).addKeyValue("took", took).log(work);
    }
  }

  /**
   * The checkpoint was used, and only what came after it was read from the records.
   *
   * @param readTook how long the reading of the checkpoint took, beside other things
   */
  void used(long revision, long presentRevision, Duration readTook) {
    LOGGER
        .atInfo()
        .addKeyValue("checkpoint-revision", revision)
        .addKeyValue("revision", presentRevision)
        .addKeyValue("checkpoint-read", readTook)
        .addKeyValue("took", Duration.ofNanos(System.nanoTime() - began))
        .log("took the key index from its checkpoint");
  }
}
