"""Temptations: sentences of a part that are quoted, judged and dropped, so that judging is learned on every text.

A reader that quotes the wrong sentence must see it, drop it and try the next one. What it will wrongly quote is
not known beforehand, so any sentence may be: the judging is a lesson, the quoting is not.
"""

import itertools
import random
import re
from dataclasses import replace

from tools.train.tasks.filler import boundaries
from tools.train.trajectory import MAX_DROPS, MAX_QUOTE, MIN_QUOTE, Find, Part, Trajectory, whole_words

BESIDE_EVIDENCE, ELSEWHERE = 0.45, 0.3
"""Share of the parts with evidence, and of those without, in which something else is quoted first."""


def tempt(trajectory: Trajectory, rng: random.Random) -> Trajectory:
    """The trajectory with wrong quotes before the right ones; one that takes notes is left as it is."""
    if trajectory.kind != "quote":
        return trajectory
    return replace(
        trajectory, parts=tuple(_tempted(part, trajectory.answer, rng) for part in trajectory.parts)
    )


def _tempted(part: Part, answer: str, rng: random.Random) -> Part:
    if rng.random() >= (BESIDE_EVIDENCE if part.evidence else ELSEWHERE):
        return part
    sentences = wrong_sentences(part, answer)
    room = MAX_DROPS - sum(not find.keep for find in part.finds)
    count = min(len(sentences), room, rng.choice((1, 1, 2, 3)))
    if count < 1:
        return part
    finds = list(part.finds)
    for sentence in rng.sample(sentences, count):
        finds.insert(rng.randint(0, len(part.finds) // 2), Find(sentence, keep=False))
    return replace(part, finds=tuple(finds))


def wrong_sentences(part: Part, answer: str) -> list[str]:
    """The sentences of a part that are no find of it, do not touch one, and do not hold the answer."""
    text = part.text
    ends = boundaries(text)
    taken = [match.span() for find in part.finds for match in re.finditer(re.escape(find.text), text)]
    found = []
    for (_, start), (end, _) in itertools.pairwise(ends):
        sentence = text[start:end]
        if (
            MIN_QUOTE <= len(sentence) <= MAX_QUOTE
            and whole_words(text, start, end)
            and not any(start < last and first < end for first, last in taken)
            and answer.casefold() not in sentence.casefold()
        ):
            found.append(sentence)
    return list(dict.fromkeys(found))
