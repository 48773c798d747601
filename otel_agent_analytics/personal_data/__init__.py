"""Finds personal data in texts and puts keyed placeholders in its place."""
