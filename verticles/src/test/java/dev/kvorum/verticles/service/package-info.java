@NullMarked
package dev.kvorum.verticles.service;

import org.jspecify.annotations.NullMarked;
