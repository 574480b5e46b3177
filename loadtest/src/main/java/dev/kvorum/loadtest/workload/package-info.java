/**
 * What is measured. A new kind of load is a {@link dev.kvorum.loadtest.workload.LoadWorkload} of a
 * few lines when one fixed request is enough for it; anything else is a {@link
 * dev.kvorum.loadtest.workload.Benchmark} of its own. {@link
 * dev.kvorum.loadtest.workload.Benchmarks} lists them by name.
 */
@NullMarked
package dev.kvorum.loadtest.workload;

import org.jspecify.annotations.NullMarked;
