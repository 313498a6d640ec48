"""The one error that the kernels raise on purpose."""


class KernelArgumentError(ValueError):
    """An operation was called with a shape, dtype, device, stride or value that it cannot work on.

    Raised before anything is launched or written. The message names the argument, what was given and what is
    needed.
    """
