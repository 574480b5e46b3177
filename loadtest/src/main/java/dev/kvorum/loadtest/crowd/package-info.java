/**
 * Many large requests and answers at a time, beside a client that goes on as if nothing were. Start
 * with {@link dev.kvorum.loadtest.crowd.Crowd}.
 */
@NullMarked
package dev.kvorum.loadtest.crowd;

import org.jspecify.annotations.NullMarked;
