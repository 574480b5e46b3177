/**
 * The one door that every edge goes through: checks, admission, proposing, local reads, and the one
 * table from a {@link dev.kvorum.storage.model.Failure} to the code and text on the wire.
 */
@NullMarked
package dev.kvorum.verticles.service;

import org.jspecify.annotations.NullMarked;
