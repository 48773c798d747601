"""Text of one message → plain values. Pure; measured where the text is, so that the text may then be dropped."""
