/**
 * Everything that a seed decides before the first event: sizes, rates and the schedule of faults.
 */
@NullMarked
package dev.kvorum.simulator.plan;

import org.jspecify.annotations.NullMarked;
