"""A synthetic day at the invented online shop Northwind Lamps, to show the analytics without real data."""
