"""Redis: the connection, the embedded server, and the one home of its client."""
