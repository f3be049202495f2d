"""HTTP in and out: wire format, auth, errors."""
