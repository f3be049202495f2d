"""Configurations of other gateways → ours."""
