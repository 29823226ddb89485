"""The copy engine: ranges of the source become blocks of the archive, many at a time, in bounded memory."""
