/**
 * The watch's shell: the verticle that gives the watch hub its events, its history and its timer.
 * Rules live in the hub.
 */
@NullMarked
package dev.kvorum.verticles.watch;

import org.jspecify.annotations.NullMarked;
