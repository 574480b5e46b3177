/**
 * What the client port answers to plain HTTP: pages for people and monitors (contract, plain HTTP
 * surface, sections 2 and 3). Decodes, asks the service, encodes; keeps nothing that outlives a
 * request. Start at {@link dev.kvorum.http.HttpEdge}.
 */
@NullMarked
package dev.kvorum.http;

import org.jspecify.annotations.NullMarked;
