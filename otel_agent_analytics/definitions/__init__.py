"""What each figure means, in words, with the numbers of the code that computes it."""
