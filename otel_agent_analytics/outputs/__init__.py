"""Events and records of conversations → what the outside reads. One file per sink."""
