"""Whether an answer is good enough to be given."""
