"""Recurrent models: whatever reads tokens into a memory of fixed size."""
