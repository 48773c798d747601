"""The questions that the analyzer answers from its tables: statements, typed answers, and a table of them all."""
