"""Watch an answer go by → usage event."""
