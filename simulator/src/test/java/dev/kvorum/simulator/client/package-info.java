@NullMarked
package dev.kvorum.simulator.client;

import org.jspecify.annotations.NullMarked;
