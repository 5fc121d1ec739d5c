// Loaded on the board only.
