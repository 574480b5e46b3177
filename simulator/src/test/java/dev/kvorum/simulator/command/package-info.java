@NullMarked
package dev.kvorum.simulator.command;

import org.jspecify.annotations.NullMarked;
