"""What is told to tracing and metrics: names, attributes, spans, measures and where they go."""
