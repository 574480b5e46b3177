/** Tests of the queue in which locks and elections wait. */
@NullMarked
package dev.kvorum.verticles.coordination;

import org.jspecify.annotations.NullMarked;
