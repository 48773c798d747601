"""Recorded chats as JSON lines, and a player that plays them through the real Agents SDK."""
