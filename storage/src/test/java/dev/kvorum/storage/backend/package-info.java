/** The contract of the backend port, which every engine is run against. */
@NullMarked
package dev.kvorum.storage.backend;

import org.jspecify.annotations.NullMarked;
