/**
 * The port to the engine that keeps the state store: ordered buckets of bytes, written in atomic
 * batches. The engine is disposable; the journal is the truth. {@code backend.xodus} and {@code
 * backend.memory} implement it under one contract test suite.
 */
@NullMarked
package dev.kvorum.storage.backend;

import org.jspecify.annotations.NullMarked;
