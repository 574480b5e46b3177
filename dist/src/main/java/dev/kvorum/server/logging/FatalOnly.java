package dev.kvorum.server.logging;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.spi.FilterReply;

/** For the levels above error, of which we only write the highest. */
final class FatalOnly extends Filter<ILoggingEvent> {
  @Override
  public FilterReply decide(ILoggingEvent event) {
    return JsonLine.isFatal(event) ? FilterReply.NEUTRAL : FilterReply.DENY;
  }
}
