"""Usage events and the totals that move with them."""
