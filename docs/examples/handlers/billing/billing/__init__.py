"""Billing: what the function does."""
