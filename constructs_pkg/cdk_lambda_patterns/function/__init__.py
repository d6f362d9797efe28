"""The function: zip, container image, packaging without Docker, layers, settings."""
