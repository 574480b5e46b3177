package dev.kvorum.raft.core;

/**
 * Who leads, as this member sees it. Handed out only when it changed.
 *
 * @param role what this member is
 * @param term its current term
 * @param leader the leader it knows in this term, or 0
 */
public record Standing(Role role, long term, long leader) {}
