"""What people wanted, and whether they got it: insights into a conversation that has ended."""
