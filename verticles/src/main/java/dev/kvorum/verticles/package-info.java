/**
 * The verticles of a node and what they share. Start with {@code service} for the way in, {@code
 * stage} for the rules, {@code store} for the threads.
 */
@NullMarked
package dev.kvorum.verticles;

import org.jspecify.annotations.NullMarked;
