"""The arms: ways to answer a case, to be compared on the same weights.

`smooth`, `reset` and `whole` are the reader's own; `full` reads the whole text with full attention; `refine`
is the prompt pattern of refining an answer part by part, with nothing but text carried on.
"""
