"""The pure core: span → events → state → record. No input or output, clock, lock, randomness, OpenTelemetry object."""
