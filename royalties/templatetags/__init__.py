"""Template tags of royalties."""
