/**
 * The store's shell: the verticle around the store stage, the thread that writes the backend, the
 * records in memory and the pool that reads cold ones. Rules live in the stage; here are threads.
 */
@NullMarked
package dev.kvorum.verticles.store;

import org.jspecify.annotations.NullMarked;
