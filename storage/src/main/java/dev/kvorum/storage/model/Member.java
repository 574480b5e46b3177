package dev.kvorum.storage.model;

import java.util.List;

/**
 * A member of the cluster as lists show it (contract S14).
 *
 * @param name empty until the member has started and published itself (S14.7)
 * @param clientUrls empty until then, too
 * @param learner replicates, but has no vote
 */
public record Member(
    long id, String name, List<String> peerUrls, List<String> clientUrls, boolean learner) {
  public Member {
    peerUrls = List.copyOf(peerUrls);
    clientUrls = List.copyOf(clientUrls);
  }

  /** The member once it has told its name and where its clients may call. */
  public Member published(String itsName, List<String> itsClientUrls) {
    return new Member(id, itsName, peerUrls, itsClientUrls, learner);
  }
}
