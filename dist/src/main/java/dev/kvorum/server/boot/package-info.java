/**
 * Opens a member's files and makes them fit to serve: founding a member, checking what an earlier
 * life left behind, and rebuilding the state store when it cannot be trusted.
 */
@NullMarked
package dev.kvorum.server.boot;

import org.jspecify.annotations.NullMarked;
