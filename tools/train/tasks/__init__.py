"""Task families: each makes trajectories of one kind."""
