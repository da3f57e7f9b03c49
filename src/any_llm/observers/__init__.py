"""Who is told how calls went: each an observer in a file of its own, loaded only when it is turned on."""
