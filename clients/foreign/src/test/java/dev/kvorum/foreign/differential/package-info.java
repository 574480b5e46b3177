/**
 * The same random operations on a real etcd and on Kvorum, answer by answer. Start with {@link
 * dev.kvorum.foreign.differential.DifferentialRun}; what may differ, and why, is all in {@link
 * dev.kvorum.foreign.differential.KnownDifferences}.
 */
@NullMarked
package dev.kvorum.foreign.differential;

import org.jspecify.annotations.NullMarked;
