/** The client port's pages, asked over real connections. */
@NullMarked
package dev.kvorum.http;

import org.jspecify.annotations.NullMarked;
