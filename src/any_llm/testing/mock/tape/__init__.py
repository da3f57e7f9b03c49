"""Recording real exchanges, playing them again, and telling what has changed since."""
