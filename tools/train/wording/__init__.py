"""The words that trajectories are made of: tables of names, templates and paraphrases, each in two splits."""
