"""Features + catalogue + policy + health → decision; pure."""
