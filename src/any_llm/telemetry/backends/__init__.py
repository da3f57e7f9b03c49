"""Where measures go: one file for each place, loaded when it is turned on."""
