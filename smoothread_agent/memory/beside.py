"""Beside: one call at a time, in a thread of its own, while its caller goes on."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor


class Beside:
    """Runs a call beside its caller, who waits for it before the next. The interpreter's exit waits for it too.

    Attributes:
        missing: what is missing if the call that was started last fails.
    """

    def __init__(self) -> None:
        self.missing = ""
        self._call: Future[object] | None = None

    def start(self, call: Callable[[], object], missing: str) -> None:
        """Start `call`, once the one before it was waited for."""
        self.wait()
        self.missing = missing
        with_one_thread = ThreadPoolExecutor(1, thread_name_prefix="smoothread-store")
        self._call = with_one_thread.submit(call)
        with_one_thread.shutdown(wait=False)

    def wait(self) -> None:
        """Wait for the call that runs, if one does; what it raised is raised here, once."""
        call, self._call = self._call, None
        if call is not None:
            call.result()
