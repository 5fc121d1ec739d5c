"""Exchange rates in the API."""
