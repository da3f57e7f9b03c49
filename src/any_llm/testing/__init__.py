"""Tools for tests: recordings of real exchanges, and readings of them to compare with."""
