"""The reader, told in phrases and corpora."""
