package dev.kvorum.storage.index;

import java.util.List;

/**
 * What has to be known of exported pages in order to use them again; see {@link IndexExport}.
 *
 * @param root the page that the tree begins with
 * @param height levels; 1 is a leaf alone
 * @param live keys that live
 * @param newest no record has a higher main revision
 * @param pages how many pages there are; they are numbered without gaps
 * @param usedBytes of the blocks in them that are in use
 * @param freeBlocks by class from the smallest: the first of the free blocks, 0 for none
 */
public record IndexSummary(
    int root,
    int height,
    long live,
    long newest,
    int pages,
    long usedBytes,
    List<Integer> freeBlocks) {
  public IndexSummary {
    freeBlocks = List.copyOf(freeBlocks);
  }
}
