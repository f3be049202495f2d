"""Ledger → tables."""
