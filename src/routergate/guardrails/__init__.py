"""What operators have looked at: requests before they are routed, answers before they are given."""
