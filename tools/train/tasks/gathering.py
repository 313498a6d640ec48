"""Everything that a natural text says about something, and notes for a summary: both go on to the end of the text."""

import re
from collections import Counter
from itertools import islice

from tools.train.corpora import corpus
from tools.train.natural.frame import clause, good_answer
from tools.train.natural.lexicon import GENERAL, content_words
from tools.train.natural.sentences import Sentence, is_prose, paragraphs, sentences
from tools.train.tasks.compose import Draw
from tools.train.tasks.filler import cut_up, line_start, noise_filler
from tools.train.trajectory import (
    MAX_ANSWER,
    MAX_QUOTE,
    MIN_QUOTE,
    Find,
    Part,
    Trajectory,
    TrajectoryError,
    whole_words,
)
from tools.train.wording import natural as say

_MOST_FOUND = 6


def _stretch(draw: Draw) -> list[str]:
    """Consecutive parts of one document."""
    rng = draw.rng
    text = corpus(draw.split).draw(rng).text
    at = line_start(text, rng.randrange(max(1, len(text) - draw.characters * draw.parts)))
    parts = list(islice(cut_up(text, at, len(text), draw.part_size), draw.parts))
    if len(parts) < 2:
        raise TrajectoryError("the document is too short")
    return parts


def _prose(text: str) -> list[Sentence]:
    found = []
    for start, end in paragraphs(text):
        if is_prose(text[start:end]):
            found += [
                sentence
                for sentence in sentences(text, start, end)
                if MIN_QUOTE <= sentence.end - sentence.start <= MAX_QUOTE
                and whole_words(text, sentence.start, sentence.end)
            ]
    return found


def about(draw: Draw) -> Trajectory:
    """What a natural text says about a term that comes up in a few of its sentences."""
    rng = draw.rng
    parts = _stretch(draw)
    told = [_prose(part) for part in parts]
    counts: Counter[str] = Counter()
    for sentence in (sentence for found in told for sentence in found):
        counts.update(set(_terms(sentence.text)))
    terms = [term for term, count in sorted(counts.items()) if 1 <= count <= _MOST_FOUND]
    rng.shuffle(terms)
    if rng.random() < 0.8:
        terms.sort(key=lambda term: counts[term] < 2)  # those that come up again first
    for term in terms[:30]:
        pattern = re.compile(rf"(?<![\w-]){re.escape(term.removeprefix('the '))}s?(?![\w-])", re.IGNORECASE)
        finds = [[sentence for sentence in found if pattern.search(sentence.text)] for found in told]
        everywhere = sum(len(pattern.findall(part)) for part in parts)
        inside = sum(len(pattern.findall(sentence.text)) for found in finds for sentence in found)
        evidence = sum(bool(found) for found in finds)
        # A term outside whole sentences (in code, in a heading) would be evidence that cannot be quoted.
        if everywhere == inside and evidence <= max(1, len(parts) // 2) and inside <= _MOST_FOUND:
            break
    else:
        raise TrajectoryError("no term comes up now and then")
    quoted = [
        Part(part, tuple(Find(part[sentence.start : sentence.end]) for sentence in found))
        for part, found in zip(parts, finds, strict=True)
    ]
    answer = " ".join(sentence.text for found in finds for sentence in found)
    if len(answer) > MAX_ANSWER:
        raise TrajectoryError("too much is said about it")
    task = say.ABOUT.draw(rng, draw.split).format(x=term)
    return Trajectory(task, tuple(quoted), answer, "quote", "gathering.about")


_SIGNPOSTS = frozenset({"note", "notes", "detail", "hint", "error", "warning", "caution", "example", "todo"})
_TECHNICAL = re.compile(r"(?<![\w/.])(?:[A-Z]\w*[A-Z_]\w*|[a-z]+_\w+|--[a-z][\w-]+)(?![\w/(])")
_NOUN = re.compile(
    r"\b(?:the|an?) ([a-z]{5,14})(?= (?:of|is|are|was|for|to|in|can|must|will|that|which|and|or|from|by)\b|[.,;])"
)
"""A word between an article and what does not follow an adjective: most likely a noun."""


def _terms(text: str) -> list[str]:
    """Names and technical words of a sentence, and nouns that are not too general."""
    nouns = [
        noun
        for noun in _NOUN.findall(text)
        if noun.rstrip("s") not in GENERAL and not noun.endswith(("ed", "ing", "ly"))
    ]
    return [
        *(term for term in _TECHNICAL.findall(text) if term.lower() not in _SIGNPOSTS),
        *(f"the {noun}" for noun in nouns),
    ]


def notes(draw: Draw) -> Trajectory:
    """A note for each part with something to say; parts of noise, lists or code have none."""
    rng = draw.rng
    about_all: Counter[str] = Counter()
    parts = _stretch(draw)
    filler = noise_filler(rng, draw.split) if rng.random() < 0.6 else None
    for part in parts:
        about_all.update(content_words(part))
    taken: list[Part] = []
    points: list[str] = []
    for part in parts:
        while filler and rng.random() < 0.45:
            taken.append(Part(filler.take(draw.part_size())))
        point = _main_point(part, about_all)
        if point and point not in points:
            points.append(point)
            taken.append(Part(part, (Find(point),), say.NOTED.draw(rng, draw.split)))
        else:
            taken.append(Part(part))
    taken = taken[: draw.spans[1]]
    points = [find.text for part in taken for find in part.finds]
    if not points:
        raise TrajectoryError("nothing to note")
    answer = ""
    for point in points:
        if len(answer) + len(point) + 2 < MAX_ANSWER:
            answer += f" {point}."
    return Trajectory(
        say.SUMMARISE.draw(rng, draw.split), tuple(taken), answer.strip(), "note", "gathering.notes"
    )


_NO_POINT = re.compile(
    r"[^A-Z]|(?:It|This|These|They|For example|See|If|When|While|Although|Note|However|Also)\b"
)


def _main_point(text: str, about_all: Counter[str]) -> str:
    """The clause that shares most with what the whole text is about; empty where nothing is said in sentences."""
    best, score = "", 0.0
    for sentence in _prose(text):
        whole = sentence.text.rstrip(".")
        point = whole if len(whole) <= 150 else clause(sentence.text, 150)
        words = content_words(point)
        if len(words) < 4 or not good_answer(point, 25, 150) or _NO_POINT.match(point):
            continue
        value = sum(about_all[word] for word in words) / len(words) ** 0.5 * (1.3 if sentence.opens else 1.0)
        if value > score:
            best, score = point, value
    return best


FAMILIES = {"gathering.about": (about, 0.8), "gathering.notes": (notes, 0.5)}
"""Family name: its generator and its default weight."""
