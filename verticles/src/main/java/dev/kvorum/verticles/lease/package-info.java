/**
 * The lease's shell: the verticle that gives the lease stage its clock, its timer and its
 * proposals. Rules live in the stage.
 */
@NullMarked
package dev.kvorum.verticles.lease;

import org.jspecify.annotations.NullMarked;
