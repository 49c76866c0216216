"""evalkit: an open, fair and fast evaluation bench for large language models in industry."""

__version__ = "0.1.0"
