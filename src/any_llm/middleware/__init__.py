"""What stands around every call, one concern a file."""
