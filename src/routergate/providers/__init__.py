"""Adapters to the places that serve models."""
