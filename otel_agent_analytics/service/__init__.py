"""The analyzer: takes OTLP from any number of processes, keeps it, and answers questions."""
