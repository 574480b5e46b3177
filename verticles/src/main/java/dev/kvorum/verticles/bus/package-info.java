/**
 * What travels between the verticles: addresses with one owner and one record type each, and the
 * codec that hands a record over by reference. The bus is local to the process and best-effort;
 * order comes from the log index, and every request has a deadline at its sender.
 */
@NullMarked
package dev.kvorum.verticles.bus;

import org.jspecify.annotations.NullMarked;
