"""The steps of a chunk: announce, copy, prove, release; and complete its recording. `archiving` runs them."""
