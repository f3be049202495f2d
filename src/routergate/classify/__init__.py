"""Request → features; pure."""
