"""The stacks: one reference architecture a file."""
