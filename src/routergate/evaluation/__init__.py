"""Train, calibrate, evaluate and watch the router."""
