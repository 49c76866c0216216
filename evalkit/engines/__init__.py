"""What makes models answer: `local` (checkpoints on this machine), `baselines` (no model at all), `echo` (for tests).

Found by name through entry points; nothing here is imported before it is asked for, torch least of all.
"""
