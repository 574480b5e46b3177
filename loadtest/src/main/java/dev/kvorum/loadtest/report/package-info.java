/**
 * From single measurements of two servers to what may be said about them: the median of the ratios
 * of neighbouring runs, never a figure of one machine on its own.
 */
@NullMarked
package dev.kvorum.loadtest.report;

import org.jspecify.annotations.NullMarked;
