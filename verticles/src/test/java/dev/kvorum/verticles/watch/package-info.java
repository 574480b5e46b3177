/** Tests of the watches' loop. */
@NullMarked
package dev.kvorum.verticles.watch;

import org.jspecify.annotations.NullMarked;
