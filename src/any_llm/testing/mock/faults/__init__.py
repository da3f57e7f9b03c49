"""The faults: each module exports `FAULTS`, a table of them; `registry.py` lists the modules."""
