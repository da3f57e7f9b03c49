"""Small models that run on this machine's processor, reached through the same seam as a vendor's server."""
