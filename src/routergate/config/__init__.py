"""What an operator writes → what the program uses."""
