"""The network that functions are in: the VPC, what leads out of it, and files that functions share."""
