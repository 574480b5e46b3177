package dev.kvorum.storage.journal.vote;

/**
 * What a member must never forget about elections.
 *
 * @param term the highest term that this member has answered in
 * @param votedFor the member that got this member's vote in that term, 0 for none
 * @param claim what the member once held and lost to a fault (P5)
 */
public record Vote(long term, long votedFor, Claim claim) {
  /** Before the first election. */
  public static final Vote NONE = new Vote(0, 0, new Claim.Sound());

  public Vote {
    if (term < 0) {
      throw new IllegalArgumentException("term " + term);
    }
  }

  /** The same claim, another vote. */
  public Vote in(long newTerm, long newVotedFor) {
    return new Vote(newTerm, newVotedFor, claim);
  }
}
