package dev.kvorum.verticles.stage;

import dev.kvorum.storage.model.Result;

/** The result of one logged request, for the front end that proposed it. */
public record Answer(long requestId, Result result) {}
