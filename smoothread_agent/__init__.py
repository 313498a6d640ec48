"""Reads long sources with a recurrent LLM, chunk by chunk, and keeps what it read."""
