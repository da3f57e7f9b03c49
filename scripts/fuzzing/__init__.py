"""Coverage-guided fuzzing: the targets, the process that one runs in, and what makes a finding small."""
