/**
 * Who belongs to the cluster: members and their ids, and the alarms that members raise.
 *
 * <p>Plain values and small tables, fed by applied commands. How members agree lives with Raft;
 * what is written to disk lives with the store. Start with {@link
 * dev.kvorum.storage.membership.MemberIds}.
 */
@NullMarked
package dev.kvorum.storage.membership;

import org.jspecify.annotations.NullMarked;
