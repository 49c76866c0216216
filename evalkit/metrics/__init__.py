"""Metrics: each reads one response and gives a mark. Declared as entry points; see `evalkit.protocols.Metric`."""
