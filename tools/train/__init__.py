"""Teaching a model to read: trajectories made by rules, supervised fine-tuning, the adapter."""
