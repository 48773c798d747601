"""The command line: one file per command, each with ``add`` (its arguments) and ``run`` (returns the status)."""
