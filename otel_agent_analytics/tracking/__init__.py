"""What is held between spans: the only part of the package that changes."""
