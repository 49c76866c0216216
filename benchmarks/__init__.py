"""Measurements of evalkit against its peers, side by side on one machine. Run `make bench`."""
