@NullMarked
package dev.kvorum.verticles.store;

import org.jspecify.annotations.NullMarked;
