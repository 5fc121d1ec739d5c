"""Pages of the royalties app."""
