@NullMarked
package dev.kvorum.verticles.stage;

import org.jspecify.annotations.NullMarked;
