"""Demonstration data: sourced public facts about real companies, and a fictional desk of deals."""
