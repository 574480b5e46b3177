/** Benchmarks of single machines, one thread each, by JMH. */
@NullMarked
package dev.kvorum.benchmarks;

import org.jspecify.annotations.NullMarked;
