"""RULER-style tasks (arXiv 2404.06654), generated: needles in haystacks, variable tracking, counting words.

They follow the published forms but for the place of the task, which stands before the text here. The noise
haystack, the keys and the questions are our own; where RULER has essays there is installed documentation.
"""

import random
from collections import Counter
from itertools import pairwise

from tools.evaluate import words
from tools.evaluate.case import Case, CaseError, Cell, TokenCounter
from tools.evaluate.haystack import lay, noise, real

NEEDLE = "One of the special magic numbers for {key} is: {value}."
ONE = "Which special magic number does the text give for {key}?"
ALL = "Which special magic numbers does the text give for {key}? There are {number}: name every one."
EACH = "Which special magic numbers does the text give for {keys}? Name one number for each."
ASSIGNED = "VAR {name} = {value}."
COPIED = "VAR {name} = VAR {other}."
VARIABLES = "Variables are assigned in the text, some from others. Which of them are {value}? Name every one."
COMMON = "Which {number} words stand most often in this numbered list?"
FREQUENT = "Which {number} words are the most frequent in this text, leaving the dots aside?"

_VALUES = 4
_HOPS = 4
_COMMON_WORDS = 10
_OFTEN = ((16_384, 30), (4096, 10), (0, 5))
_FREQUENT_WORDS = 3


def niah_single_noise(cell: Cell, count: TokenCounter) -> Case:
    """One needle among sentences that say nothing."""
    rng = cell.rng()
    (key,), (value,) = words.keys(rng, 1), words.numbers(rng, 1)
    hay = lay([NEEDLE.format(key=key, value=value)], noise(), cell.length, count, rng)
    return Case(cell, ONE.format(key=key), hay.text, (value,), hay.spans)


def niah_single_text(cell: Cell, count: TokenCounter) -> Case:
    """One needle in real text."""
    rng = cell.rng()
    (key,), (value,) = words.keys(rng, 1), words.numbers(rng, 1)
    hay = lay([NEEDLE.format(key=key, value=value)], real(rng), cell.length, count, rng)
    return Case(cell, ONE.format(key=key), hay.text, (value,), hay.spans)


def niah_multikey(cell: Cell, count: TokenCounter) -> Case:
    """One needle in a haystack of needles: nothing but the key tells it from the others."""
    rng = cell.rng()
    # A needle has ten tokens at the very least: enough are made, and those that do not fit are left over.
    number = min(cell.length // 10 + 2, words.MOST_KEYS)
    keys, values = words.keys(rng, number, parts=3), words.numbers(rng, number)
    needles = [NEEDLE.format(key=key, value=value) for key, value in zip(keys, values, strict=True)]
    others = (needle + " " for needle in needles[1:])
    hay = lay(needles[:1], others, cell.length, count, rng)
    return Case(cell, ONE.format(key=keys[0]), hay.text, (values[0],), hay.spans)


def niah_multivalue(cell: Cell, count: TokenCounter) -> Case:
    """Four needles with one key, and one with another, in real text."""
    rng = cell.rng()
    keys, values = words.keys(rng, 2), words.numbers(rng, _VALUES + 1)
    pairs = [(keys[0], value) for value in values[:_VALUES]] + [(keys[1], values[_VALUES])]
    order = rng.sample(range(len(pairs)), len(pairs))
    needles = [NEEDLE.format(key=pairs[i][0], value=pairs[i][1]) for i in order]
    hay = lay(needles, real(rng), cell.length, count, rng)
    evidence = tuple(span for i, span in zip(order, hay.spans, strict=True) if pairs[i][0] == keys[0])
    question = ALL.format(key=keys[0], number=_VALUES)
    return Case(cell, question, hay.text, tuple(values[:_VALUES]), evidence)


def niah_multiquery(cell: Cell, count: TokenCounter) -> Case:
    """Four needles with four keys, all asked for, and one more, in real text."""
    rng = cell.rng()
    keys, values = words.keys(rng, _VALUES + 1), words.numbers(rng, _VALUES + 1)
    order = rng.sample(range(_VALUES + 1), _VALUES + 1)
    needles = [NEEDLE.format(key=keys[i], value=values[i]) for i in order]
    hay = lay(needles, real(rng), cell.length, count, rng)
    evidence = tuple(span for i, span in zip(order, hay.spans, strict=True) if i < _VALUES)
    question = EACH.format(keys=", ".join(keys[: _VALUES - 1]) + " and " + keys[_VALUES - 1])
    return Case(cell, question, hay.text, tuple(values[:_VALUES]), evidence)


def variable_tracking(cell: Cell, count: TokenCounter) -> Case:
    """A value handed on over four hops among noise, beside another such chain."""
    rng = cell.rng()
    names = _variables(rng, 2 * (_HOPS + 1))
    values = [value[:5] for value in words.numbers(rng, 2)]
    if values[0] == values[1]:
        values[1] = str(99_999 - int(values[0]))
    chains = [_chain(names[: _HOPS + 1], values[0]), _chain(names[_HOPS + 1 :], values[1])]
    # The chains are shuffled together, each in its own order: a variable is assigned before it is copied.
    turns = [0] * (_HOPS + 1) + [1] * (_HOPS + 1)
    rng.shuffle(turns)
    steps = [iter(chain) for chain in chains]
    hay = lay([next(steps[turn]) for turn in turns], noise(), cell.length, count, rng)
    evidence = tuple(span for turn, span in zip(turns, hay.spans, strict=True) if turn == 0)
    question = VARIABLES.format(value=values[0])
    return Case(cell, question, hay.text, tuple(names[: _HOPS + 1]), evidence, early_stop=False)


def common_words(cell: Cell, count: TokenCounter) -> Case:
    """Ten words that stand many times in a long shuffled list, among words that stand three times."""
    rng = cell.rng()
    # The share of the common words falls with the length, as in RULER; where it is short, thirty times would
    # fill it.
    often = next(times for least, times in _OFTEN if cell.length >= least)
    kinds = min(cell.length // 6, words.MOST_COINED - _COMMON_WORDS)
    while True:
        listed = words.coined(rng, _COMMON_WORDS + kinds)
        common, rare = listed[:_COMMON_WORDS], listed[_COMMON_WORDS:]
        entries = common * often + rare * 3
        rng.shuffle(entries)
        text = "".join(f"{number}. {word}\n" for number, word in enumerate(entries, start=1))
        used = count(text)
        if used <= cell.length:
            break
        if not kinds:
            raise CaseError(f"a list of words does not fit into {cell.length} tokens: ask for a longer text")
        # Nearly all of the surplus can be cut at once: each rare word stands three times.
        kinds = max(0, kinds - max(1, int((used - cell.length) / used * len(entries) / 3 * 0.98)))
    question = COMMON.format(number=_COMMON_WORDS)
    return _counting(cell, question, text, tuple(common))


def frequent_words(cell: Cell, count: TokenCounter) -> Case:
    """Coined words drawn with Zipf's law, with dots between; the three most frequent are asked for."""
    rng = cell.rng()
    vocabulary = words.coined(rng, 200)
    weights = [1 / rank**2 for rank in range(1, len(vocabulary) + 1)]
    number = cell.length // 2
    while True:
        drawn = rng.choices(vocabulary, weights, k=number)
        text = " ".join(word if rng.random() < 0.8 else word + " ..." for word in drawn)
        ranks = [times for _, times in Counter(drawn).most_common(_FREQUENT_WORDS + 1)]
        used = count(text)
        if used <= cell.length and len(set(ranks)) == len(ranks):
            break
        number = int(number * min(1.0, 0.98 * cell.length / used))
    top = tuple(word for word, _ in Counter(drawn).most_common(_FREQUENT_WORDS))
    return _counting(cell, FREQUENT.format(number=_FREQUENT_WORDS), text, top)


def _counting(cell: Cell, question: str, text: str, references: tuple[str, ...]) -> Case:
    """A case in which every part of the text counts, so that no chunk is free of evidence."""
    return Case(cell, question, text, references, ((0, len(text)),), clues="note", early_stop=False)


def _variables(rng: random.Random, number: int) -> list[str]:
    """Different names of five capital letters."""
    names: set[str] = set()
    while len(names) < number:
        names.add("".join(rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=5)))
    return sorted(names, key=lambda _: rng.random())


def _chain(names: list[str], value: str) -> list[str]:
    """The first variable gets the value, each other one the variable before it."""
    copies = [COPIED.format(name=name, other=other) for other, name in pairwise(names)]
    return [ASSIGNED.format(name=names[0], value=value), *copies]


TASKS = {
    maker.__name__: maker
    for maker in (
        niah_single_noise,
        niah_single_text,
        niah_multikey,
        niah_multivalue,
        niah_multiquery,
        variable_tracking,
        common_words,
        frequent_words,
    )
}
