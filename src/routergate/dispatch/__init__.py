"""Decision → the first candidate that answers."""
