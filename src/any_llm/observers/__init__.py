"""Who is told how each call went: one file for each, made from what is set and the surroundings."""
