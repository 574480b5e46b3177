/**
 * What an operator runs beside the server: {@code kvorum check} looks at a data directory and
 * {@code kvorum repair} gives up what is lost. Both judge with the code that a start judges with.
 */
@NullMarked
package dev.kvorum.server.tool;

import org.jspecify.annotations.NullMarked;
