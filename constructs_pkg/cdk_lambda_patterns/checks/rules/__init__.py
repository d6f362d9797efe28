"""The catalogue: one rule a module. Being here registers it."""
