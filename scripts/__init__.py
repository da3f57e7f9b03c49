"""What the project's own commands run."""
