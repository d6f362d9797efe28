"""Exit codes of more than one command."""

from __future__ import annotations

UNUSABLE = 2
"""What was given cannot be used: it is no template, or it names no rule."""

NO_LOCAL_CLOUD = 3
"""No local cloud runs for this folder."""
