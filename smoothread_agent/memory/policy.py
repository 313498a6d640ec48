"""When a reading is checkpointed, and which of its checkpoints stay."""

from collections.abc import Iterable

from pydantic import Field

from smoothread_agent.schema import Value


class CheckpointPolicy(Value):
    """A checkpoint after every `every`-th chunk; of the older ones, those that stay lie ever farther apart.

    A crash costs at most `every` chunks. A reading leaves at most `most + 4` checkpoints, however long it is: the
    newest, the one before it (the last chunk of a source that grows is another chunk afterwards), and `most`
    spread evenly over the rest, whose distance doubles whenever there would be more.
    """

    every: int = Field(default=8, ge=1, description="chunks from one checkpoint to the next")
    most: int = Field(
        default=8, ge=1, description="older checkpoints of one reading that are kept at the most"
    )

    def due(self, chunks_read: int, chunks_total: int | None = None) -> bool:
        """Whether a checkpoint is written after so many chunks of so many."""
        at_the_end = chunks_total is not None and chunks_read >= chunks_total - 1
        return at_the_end or chunks_read % self.every == 0

    def spacing(self, chunks_read: int) -> int:
        """Chunks between the older checkpoints that stay, after so many chunks."""
        spacing = self.every
        while chunks_read // spacing > self.most:
            spacing *= 2
        return spacing

    def spread(self, chunks_total: int) -> "CheckpointPolicy":
        """For a source of so many chunks that is read to its end: nothing is written that would be dropped later."""
        return self.model_copy(update={"every": self.spacing(chunks_total)})

    def superseded(self, stored: Iterable[int], chunks_read: int, *, final: bool) -> list[int]:
        """Which checkpoints, named by their numbers of chunks, go now that the one after `chunks_read` is written."""
        numbers = {*stored, chunks_read}
        newest = max(numbers)
        stay = {chunks_read, newest, newest - 1} | ({chunks_read - 1} if final else set())
        if not final and newest == chunks_read:
            stay.discard(newest - 1)
        spacing = self.spacing(newest)
        return sorted(number for number in numbers - stay if number % spacing)


SOURCE_POLICY = CheckpointPolicy(every=1, most=64)
"""For memory of a source alone, which is restored at every chunk. Up to 64 chunks, each has a checkpoint of its own; in
longer sources they lie two, four, ... chunks apart, and those between are read again."""
