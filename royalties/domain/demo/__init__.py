"""The fictional agreements of the demonstration desk, with their reports, statements and payments."""
