"""Operations on the hidden memory of recurrent readers: PyTorch references and Triton kernels, by device.

Each operation is a folder: `reference.py` (the oracle, and the fast path on a CPU), `triton.py` (CUDA), and
the dispatch by device in `__init__.py`. Importing this package, or an operation, needs torch alone; Triton is
imported at the first call on CUDA.
"""
