/** Memory that is used again and again, for what passes in great numbers. */
@NullMarked
package dev.kvorum.storage.memory;

import org.jspecify.annotations.NullMarked;
