"""The columns of the lists of royalties as files."""
