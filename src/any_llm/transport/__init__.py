"""The network: the only importer of the HTTP library."""
