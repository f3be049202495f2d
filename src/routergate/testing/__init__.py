"""Simulated providers that are honest about being simulated."""
