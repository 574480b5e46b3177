/**
 * The pure stages around the machines: message in, effects out, in the order that safety needs. No
 * clock, thread, disk or Vert.x; the server and the simulator run the same classes.
 */
@NullMarked
package dev.kvorum.verticles.stage;

import org.jspecify.annotations.NullMarked;
