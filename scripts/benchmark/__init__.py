"""Measuring this library against the bare HTTP client and the vendors' own, as ratios within one run."""
