"""Companies, contacts and facts in the API."""
