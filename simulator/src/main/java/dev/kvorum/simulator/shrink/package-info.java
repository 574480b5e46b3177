/** Makes a failing seed's schedule of faults as small as it still fails. */
@NullMarked
package dev.kvorum.simulator.shrink;

import org.jspecify.annotations.NullMarked;
