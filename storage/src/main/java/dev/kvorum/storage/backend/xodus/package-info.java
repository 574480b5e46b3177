/**
 * The {@link dev.kvorum.storage.backend.Backend} on JetBrains Xodus: a log-structured B+tree whose
 * files are only ever appended to. Nothing outside this package knows Xodus, which is no longer
 * developed; a second engine has to pass the same contract tests and nothing more. Start at {@link
 * dev.kvorum.storage.backend.xodus.XodusBackend}.
 */
@NullMarked
package dev.kvorum.storage.backend.xodus;

import org.jspecify.annotations.NullMarked;
