"""Releases: how a new version takes over, how much of it stands ready, and who may do what."""
