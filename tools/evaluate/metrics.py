"""Score: one outcome judged on one case. What makes a reading good is more than its answer."""

from dataclasses import dataclass

from tools.evaluate import answers
from tools.evaluate.case import Case, overlaps
from tools.evaluate.outcome import Outcome


@dataclass(frozen=True)
class Score:
    """The figures of one outcome. None where a figure has no meaning for the case or the arm.

    Attributes:
        share: share of the references found in the answer; for a case without an answer, 1 if it says so,
            else 0.
        strict: the answer is the references and nothing else; for a case without an answer, that it says so.
        no_answer: the answer says that the text does not tell.
        place: a clue overlaps the evidence.
        near: a clue does, or, where there is none, one of the quotes that came nearest.
        evidence: share of the spans of evidence that a clue overlaps.
        false_clues: clues in chunks that hold no evidence and nothing related to it.
        free_chunks: chunks read that hold no evidence and nothing related to it.
        premature: the arm stopped of itself before it had read what had to be read.
    """

    share: float
    strict: float
    no_answer: bool
    place: bool | None
    evidence: float | None
    false_clues: int | None
    free_chunks: int | None
    premature: bool | None
    chunks: int
    tokens_read: int
    tokens_decoded: int
    seconds: float
    near: bool | None = None


def score(case: Case, outcome: Outcome) -> Score:
    """Judge an outcome."""
    no_answer = answers.says_no_answer(outcome.answer)
    if case.unanswerable:
        share, strict = float(no_answer), float(no_answer)
    else:
        found = answers.share_found(outcome.answer, case.wanted)
        share = case.judge(outcome.answer) if case.judge else found
        strict = float(answers.is_exactly(outcome.answer, case.wanted, ordered=case.ordered))
    quotes = [(clue.start, clue.end) for clue in outcome.clues if clue.kind == "quote"]
    shows_clues = bool(outcome.chunks) and case.clues == "quote" and case.located
    hit = [any(overlaps(quote, span) for quote in quotes) for span in case.evidence]
    close = any(overlaps((clue.start, clue.end), span) for clue in outcome.nearest for span in case.evidence)
    told = (*case.evidence, *case.related)
    free = [chunk for chunk in outcome.chunks if not any(overlaps(chunk, span) for span in told)]
    false_clues = sum(any(overlaps(quote, chunk) for chunk in free) for quote in quotes)
    return Score(
        share=share,
        strict=strict,
        no_answer=no_answer,
        place=any(hit) if shows_clues and hit else None,
        evidence=sum(hit) / len(hit) if shows_clues and hit else None,
        false_clues=false_clues if shows_clues else None,
        free_chunks=len(free) if shows_clues else None,
        premature=is_premature(case, outcome),
        chunks=len(outcome.chunks),
        tokens_read=outcome.usage.tokens_read,
        tokens_decoded=outcome.usage.tokens_decoded,
        seconds=outcome.usage.seconds,
        near=(any(hit) or close) if shows_clues and hit else None,
    )


def is_premature(case: Case, outcome: Outcome) -> bool | None:
    """Whether the arm decided that it knew enough before all that the answer hangs on was read."""
    if not case.located or not outcome.chunks:
        return None
    read = outcome.chunks[-1][1]
    return outcome.stop.reason == "answered" and read < len(case.text[: case.must_read_to].rstrip())
