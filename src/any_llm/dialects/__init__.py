"""How it is spelled: one folder a wire format, each pure."""
