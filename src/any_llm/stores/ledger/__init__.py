"""The ledger: what every call and every attempt used and cost, in SQLite or PostgreSQL."""
