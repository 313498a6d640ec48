"""Sources: whatever a user hands in becomes text with a digest, exact offsets and pages."""
