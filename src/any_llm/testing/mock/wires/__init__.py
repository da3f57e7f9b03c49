"""The wires: each module exports `WIRE`; `registry.py` lists the modules."""
