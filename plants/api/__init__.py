"""Plants and their milestones in the API."""
