"""The robustness operators, a family's part a file; used by `suite build`, never at run time."""
