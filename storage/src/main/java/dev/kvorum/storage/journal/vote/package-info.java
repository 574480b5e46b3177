/**
 * The two vote files: the current term, for whom this member voted in it, and what a damaged member
 * claims to have held. Written one after the other, each synced, before the vote is answered (P8).
 */
@NullMarked
package dev.kvorum.storage.journal.vote;

import org.jspecify.annotations.NullMarked;
