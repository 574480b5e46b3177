/** The node's metrics against the contract's table. */
@NullMarked
package dev.kvorum.verticles.metrics;

import org.jspecify.annotations.NullMarked;
