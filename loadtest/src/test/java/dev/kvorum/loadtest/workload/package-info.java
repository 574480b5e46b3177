/** Tests of the package of the same name: what is computed, without any server. */
@NullMarked
package dev.kvorum.loadtest.workload;

import org.jspecify.annotations.NullMarked;
