package dev.kvorum.simulator.world;

import dev.kvorum.storage.model.Command;

/**
 * What a client asks of a member.
 *
 * @param id of this request, never used again in a run
 * @param client who asks, counted from 0
 * @param member who is asked, counted from 0
 * @param command what is asked; a {@link Command.Range} says itself whether it is serializable
 */
public record Request(long id, int client, int member, Command command) {
  /** Whether this changes nothing and needs no entry in the log. */
  public boolean isRead() {
    return command instanceof Command.Range;
  }
}
