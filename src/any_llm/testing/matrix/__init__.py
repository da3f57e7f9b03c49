"""The feature matrix: what each provider and model can, each cell with what shows it.

A cell is `proven` by a test that passes over recorded exchanges or a real server, `declared` by the catalogue, by a
vendor or by a source of data, `emulated` by this library, or `no`. Nothing in it is written by hand: see
`scripts/matrix.py`.
"""
