package dev.kvorum.storage.state;

import dev.kvorum.storage.mvcc.IndexMisfitException;

/** Hears how the loading of a state goes, on the thread that loads. */
public interface LoadListener {
  /** For whoever does not want to know. */
  LoadListener NONE =
      new LoadListener() {
        @Override
        public void misfit(IndexMisfitException misfit) {}

        @Override
        public void records(long count) {}
      };

  /** The checkpoint of the key index cannot be used; the index is built from all records. */
  void misfit(IndexMisfitException misfit);

  /** So many records were read so far; told now and then while all of them are. */
  void records(long count);
}
