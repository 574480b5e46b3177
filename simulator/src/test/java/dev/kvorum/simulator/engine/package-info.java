@NullMarked
package dev.kvorum.simulator.engine;

import org.jspecify.annotations.NullMarked;
