"""What outlives a process: facts, heads, rows and totals, each batch of them written in one transaction."""
