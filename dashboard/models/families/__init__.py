"""One adapter for each family of checkpoints: from a key to a network with its preprocessing."""
