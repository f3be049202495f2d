"""The admin API: all that operators may see and change, for programs and for the console."""
