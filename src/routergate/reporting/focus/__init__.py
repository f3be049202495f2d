"""The ledger in FOCUS, the FinOps Open Cost and Usage Specification: 1.2, and split allocation from 1.3."""
