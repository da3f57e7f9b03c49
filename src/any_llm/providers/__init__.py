"""Who speaks which wire format: data, and one look-up."""
