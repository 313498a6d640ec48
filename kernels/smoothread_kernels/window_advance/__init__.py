"""window_advance: see reference.py for the equation, shapes and layout."""

from smoothread_kernels.window_advance.reference import window_advance

__all__ = ["window_advance"]
