"""What a request may spend: told the rules and the counters, it says which lines to hold."""
