"""window_attention: see reference.py for the equation, shapes and layout."""

from smoothread_kernels.window_attention.reference import window_attention

__all__ = ["window_attention"]
