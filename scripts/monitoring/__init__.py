"""A real Prometheus over a program that makes calls: for the tests of the dashboard, and for its picture."""
