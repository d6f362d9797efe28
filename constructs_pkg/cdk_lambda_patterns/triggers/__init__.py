"""What starts a function from an event: one event source a file."""
