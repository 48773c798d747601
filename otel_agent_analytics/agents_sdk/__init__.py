"""OpenAI Agents SDK trace → OpenTelemetry spans with the GenAI conventions."""
