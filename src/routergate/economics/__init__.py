"""Tokens → money; pure."""
