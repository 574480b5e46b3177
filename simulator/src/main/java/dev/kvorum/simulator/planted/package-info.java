/** Known bugs, put into the classes while they are loaded, that the simulator must find. */
@NullMarked
package dev.kvorum.simulator.planted;

import org.jspecify.annotations.NullMarked;
