"""Where layers keep what others shall see: one file for each kind of store, opened on first use."""
