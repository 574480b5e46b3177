package dev.kvorum.storage.journal;

/**
 * Whose journal it is; written at the head of every segment, so that files of another member that
 * were copied here are recognised.
 */
public record Owner(long clusterId, long memberId) {}
