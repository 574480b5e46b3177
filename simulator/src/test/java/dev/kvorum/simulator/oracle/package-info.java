@NullMarked
package dev.kvorum.simulator.oracle;

import org.jspecify.annotations.NullMarked;
