"""What operators are told by the admin API: reports of the store and the ledger, and how things stand."""
