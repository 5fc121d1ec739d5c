"""Pages of the crm app."""
