package dev.kvorum.simulator.oracle;

import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.simulator.oracle.Story.Line;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.KeyValue;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.model.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A small lie about a good history, such that no store could have had that history. */
enum Mutation {
  WRITE_WITH_ANOTHER_REVISION,
  WRITE_REFUSED_AFTER_ALL,
  WRITE_ANSWERED_BEFORE_IT_HAPPENED,
  WRITE_MISSING_IN_LOG,
  WRITE_TWICE_IN_LOG,
  WRITE_CHANGED_IN_LOG,
  WRITES_SWAPPED_IN_LOG,
  DELETE_OF_ONE_MORE,
  TXN_ON_THE_OTHER_BRANCH,
  READ_OF_THE_FUTURE,
  READ_STALE,
  READ_WITH_ANOTHER_COUNT,
  READ_WITH_MORE_FLIPPED,
  READ_WITHOUT_A_KEY,
  READ_WITH_ANOTHER_VALUE,
  READ_WITH_ANOTHER_VERSION,
  READ_WITH_ANOTHER_MOD_REVISION,
  READ_FAILED_WITHOUT_A_REASON;

  /** The changed story, or null where the story has no place for this lie. */
  @Nullable Story apply(Story story, SimRandom random) {
    return switch (this) {
      case WRITE_WITH_ANOTHER_REVISION ->
          answer(story, random, result -> withRevision(result, random.below(2) == 0 ? 1 : -1));
      case WRITE_REFUSED_AFTER_ALL ->
          answer(
              story,
              random,
              result -> isWrite(result) ? new Result.Failed(Failure.NO_LEADER) : result);
      case WRITE_ANSWERED_BEFORE_IT_HAPPENED -> early(story, random);
      case WRITE_MISSING_IN_LOG -> log(story, random, 0);
      case WRITE_TWICE_IN_LOG -> log(story, random, 2);
      case WRITE_CHANGED_IN_LOG -> changedInLog(story, random);
      case WRITES_SWAPPED_IN_LOG -> swapped(story, random);
      case DELETE_OF_ONE_MORE ->
          answer(
              story,
              random,
              result ->
                  result instanceof Result.DeleteRange delete
                      ? new Result.DeleteRange(
                          delete.revision(), delete.deleted() + 1, delete.prevKvs())
                      : result);
      case TXN_ON_THE_OTHER_BRANCH ->
          answer(
              story,
              random,
              result ->
                  result instanceof Result.Txn txn
                      ? new Result.Txn(txn.revision(), !txn.succeeded(), txn.responses())
                      : result);
      case READ_OF_THE_FUTURE ->
          range(
              story,
              random,
              range ->
                  new Result.Range(
                      range.revision() + 1_000_000, range.kvs(), range.more(), range.count()));
      case READ_STALE -> stale(story, random);
      case READ_WITH_ANOTHER_COUNT ->
          range(
              story,
              random,
              range ->
                  new Result.Range(range.revision(), range.kvs(), range.more(), range.count() + 1));
      case READ_WITH_MORE_FLIPPED ->
          range(
              story,
              random,
              range ->
                  new Result.Range(range.revision(), range.kvs(), !range.more(), range.count()));
      case READ_WITHOUT_A_KEY -> kvs(story, random, _ -> null);
      case READ_WITH_ANOTHER_VALUE ->
          kvs(
              story,
              random,
              kv ->
                  new KeyValue(
                      kv.key(),
                      kv.createRevision(),
                      kv.modRevision(),
                      kv.version(),
                      Bytes.utf8("a value that nobody wrote"),
                      kv.lease()));
      case READ_WITH_ANOTHER_VERSION ->
          kvs(
              story,
              random,
              kv ->
                  new KeyValue(
                      kv.key(),
                      kv.createRevision(),
                      kv.modRevision(),
                      kv.version() + 1,
                      kv.value(),
                      kv.lease()));
      case READ_WITH_ANOTHER_MOD_REVISION ->
          kvs(
              story,
              random,
              kv ->
                  new KeyValue(
                      kv.key(),
                      kv.createRevision(),
                      kv.modRevision() - 1,
                      kv.version(),
                      kv.value(),
                      kv.lease()));
      case READ_FAILED_WITHOUT_A_REASON ->
          answer(
              story,
              random,
              result ->
                  result instanceof Result.Range ? new Result.Failed(Failure.CORRUPT) : result);
    };
  }

  private static boolean isWrite(Result result) {
    return switch (result) {
      case Result.Put _, Result.DeleteRange _, Result.Compact _ -> true;
      case Result.Txn txn -> txn.responses().stream().anyMatch(Mutation::isWrite);
      case Result.Range _,
          Result.Alarm _,
          Result.LeaseGrant _,
          Result.LeaseRevoke _,
          Result.LeaseKeepAlive _,
          Result.LeaseTimeToLive _,
          Result.LeaseLeases _,
          Result.Done _,
          Result.Failed _ ->
          false;
    };
  }

  private static Result withRevision(Result result, long difference) {
    return switch (result) {
      case Result.Put put -> new Result.Put(put.revision() + difference, put.prevKv());
      case Result.DeleteRange delete ->
          new Result.DeleteRange(
              delete.revision() + difference, delete.deleted(), delete.prevKvs());
      case Result.Compact compact -> new Result.Compact(compact.revision() + difference);
      case Result.Txn txn when isWrite(txn) ->
          new Result.Txn(txn.revision() + difference, txn.succeeded(), txn.responses());
      case Result.Txn _,
          Result.Range _,
          Result.Alarm _,
          Result.LeaseGrant _,
          Result.LeaseRevoke _,
          Result.LeaseKeepAlive _,
          Result.LeaseTimeToLive _,
          Result.LeaseLeases _,
          Result.Done _,
          Result.Failed _ ->
          result;
    };
  }

  /** Changes one of the answers that the change changes. */
  private static @Nullable Story answer(
      Story story, SimRandom random, UnaryOperator<Result> change) {
    var places = new ArrayList<Integer>();
    var changed = new ArrayList<Line>();
    for (var i = 0; i < story.lines().size(); i++) {
      if (story.lines().get(i) instanceof Line.Completed completed) {
        var result = change.apply(completed.result());
        if (!result.equals(completed.result())) {
          places.add(i);
          changed.add(new Line.Completed(completed.operation(), result));
        }
      }
    }
    if (places.isEmpty()) {
      return null;
    }
    var chosen = random.below(places.size());
    var copy = story.copy();
    copy.lines().set(places.get(chosen), changed.get(chosen));
    return copy;
  }

  private static @Nullable Story range(
      Story story, SimRandom random, UnaryOperator<Result.Range> change) {
    return answer(
        story,
        random,
        result -> result instanceof Result.Range range ? change.apply(range) : result);
  }

  private interface KeyValueChange {
    @Nullable KeyValue apply(KeyValue kv);
  }

  private static @Nullable Story kvs(Story story, SimRandom random, KeyValueChange change) {
    return range(
        story,
        random,
        range -> {
          if (range.kvs().isEmpty()) {
            return range;
          }
          var kvs = new ArrayList<>(range.kvs());
          var at = (int) (range.revision() % kvs.size());
          var changed = change.apply(KeyValueCodec.decodeStored(kvs.get(at)));
          if (changed == null) {
            kvs.remove(at);
          } else {
            kvs.set(at, KeyValueCodec.encode(changed));
          }
          return new Result.Range(range.revision(), List.copyOf(kvs), range.more(), range.count());
        });
  }

  private static List<Integer> committed(Story story, boolean onlyAnswered) {
    var answered = new ArrayList<Integer>();
    for (var line : story.lines()) {
      if (line instanceof Line.Completed completed && isWrite(completed.result())) {
        answered.add(completed.operation());
      }
    }
    var places = new ArrayList<Integer>();
    for (var i = 0; i < story.lines().size(); i++) {
      if (story.lines().get(i) instanceof Line.Committed committed
          && (!onlyAnswered || answered.contains(committed.operation()))) {
        places.add(i);
      }
    }
    return places;
  }

  private static @Nullable Story log(Story story, SimRandom random, int times) {
    var places = committed(story, true);
    if (places.isEmpty()) {
      return null;
    }
    var at = places.get(random.below(places.size()));
    var copy = story.copy();
    var line = copy.lines().remove((int) at);
    for (var i = 0; i < times; i++) {
      copy.lines().add(at, line);
    }
    return copy;
  }

  private static @Nullable Story changedInLog(Story story, SimRandom random) {
    var places = committed(story, false);
    if (places.isEmpty()) {
      return null;
    }
    var at = places.get(random.below(places.size()));
    var copy = story.copy();
    var line = copy.lines().get(at);
    var other = new Command.Put(Bytes.utf8("x"), Bytes.utf8("y"), 0, false, false, false);
    copy.lines().set(at, new Line.Committed(line.operation(), other));
    return copy;
  }

  /** Two puts that were answered change places in the log. */
  private static @Nullable Story swapped(Story story, SimRandom random) {
    var puts = new ArrayList<Integer>();
    for (var at : committed(story, true)) {
      if (((Line.Committed) story.lines().get(at)).command() instanceof Command.Put) {
        puts.add(at);
      }
    }
    if (puts.size() < 2) {
      return null;
    }
    var first = random.below(puts.size() - 1);
    var one = puts.get(first);
    var other = puts.get(first + 1);
    var copy = story.copy();
    copy.lines().set(one, story.lines().get(other));
    copy.lines().set(other, story.lines().get(one));
    return copy;
  }

  /** An answer moves to right before the commit of what it answers. */
  private static @Nullable Story early(Story story, SimRandom random) {
    var places = committed(story, true);
    if (places.isEmpty()) {
      return null;
    }
    var at = places.get(random.below(places.size()));
    var operation = story.lines().get(at).operation();
    var copy = story.copy();
    for (var i = at + 1; i < copy.lines().size(); i++) {
      if (copy.lines().get(i) instanceof Line.Completed completed
          && completed.operation() == operation) {
        copy.lines().add(at, copy.lines().remove(i));
        return copy;
      }
    }
    return null;
  }

  /** A read gets an answer that was right before a write that was known when it was asked. */
  private static @Nullable Story stale(Story story, SimRandom random) {
    var known = 1L;
    var knownAtInvocation = new ArrayList<Long>();
    var places = new ArrayList<Integer>();
    for (var i = 0; i < story.lines().size(); i++) {
      switch (story.lines().get(i)) {
        case Line.Invoked _ -> knownAtInvocation.add(known);
        case Line.Committed _ -> {
          // Nobody knows yet.
        }
        case Line.Completed(int operation, Result result) -> {
          if (result instanceof Result.Put put) {
            known = Math.max(known, put.revision());
          } else if (result instanceof Result.Range
              && knownAtInvocation.get(operation) > 2
              && isLinearizable(story, operation)) {
            places.add(i);
          }
        }
      }
    }
    if (places.isEmpty()) {
      return null;
    }
    var at = places.get(random.below(places.size()));
    var line = (Line.Completed) story.lines().get(at);
    var range = (Result.Range) line.result();
    var before = knownAtInvocation.get(line.operation()) - 1;
    var copy = story.copy();
    var stale = new Result.Range(before, range.kvs(), range.more(), range.count());
    copy.lines().set(at, new Line.Completed(line.operation(), stale));
    return copy;
  }

  private static boolean isLinearizable(Story story, int operation) {
    for (var line : story.lines()) {
      if (line instanceof Line.Invoked(int invoked, Command command) && invoked == operation) {
        return command instanceof Command.Range range && !range.serializable();
      }
    }
    return false;
  }
}
