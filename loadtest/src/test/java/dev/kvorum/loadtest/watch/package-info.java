/** What the generators of watches are tested for. */
@NullMarked
package dev.kvorum.loadtest.watch;

import org.jspecify.annotations.NullMarked;
