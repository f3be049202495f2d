"""Comparisons → estimates, evidence and trust; pure."""
