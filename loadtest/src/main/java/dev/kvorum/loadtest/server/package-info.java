/**
 * Server processes under test: finding the programs, starting them on fresh directories and
 * loopback ports, waiting until they answer, reading what they cost from {@code /proc}, and ending
 * them. A process that was not started here is never touched. Start with {@link
 * dev.kvorum.loadtest.server.ServerProcess}.
 */
@NullMarked
package dev.kvorum.loadtest.server;

import org.jspecify.annotations.NullMarked;
