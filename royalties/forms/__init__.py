"""Forms of the royalties app."""
