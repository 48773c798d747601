"""Spans of other frameworks' instrumentations → spans in our vocabulary, before the core reads them. Pure."""
