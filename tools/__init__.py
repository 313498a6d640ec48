"""Programs for those who work on models and kernels; never part of the installed packages."""
