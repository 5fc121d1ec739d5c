"""Forms of the crm app."""
