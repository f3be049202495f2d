"""The vocabulary as frozen values; standard library only, no clock, no chance."""
