/**
 * What must hold. The oracles watch a simulated cluster from outside, know what no member can know,
 * and share no code with what they judge. Start at {@link dev.kvorum.simulator.oracle.Oracles}.
 */
@NullMarked
package dev.kvorum.simulator.oracle;

import org.jspecify.annotations.NullMarked;
