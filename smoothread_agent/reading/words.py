"""Words: how far the words that a quote shares with the task speak for it, each by how rare it is in the text.

A second witness beside the model's judgement of a quote, when all has been read: it reads nothing anew, and knows what
stands in the whole text, where the model's window holds a part of it.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Set

import snowballstemmer

_FUNCTION_WORDS = """
a about all also an and any are as at be been both but by can could did do does each every for from had has have he
her here him his how i if in into is it its itself may me might must my no nor not of off on once one or other our
out over own shall she should so some such than that the their them then there these they this those to under up
upon us was we were what when where which while who whom whose why will with without would you your
"""
"""Words that say nothing of what a text is about."""
SHARE = 0.4
"""The words of one subject come together, so each further one says less: of the logarithm of their odds, this much
counts. Of 0.1 to 0.7: with more, quotes of unanswered questions pass by their words alone (on 63 held-out written
questions their likelihood falls from 0.3 on); with less, right ones of real questions, sharing more words, do not."""


class Words:
    """The words of a task, and how rare each of them is among all that may be quoted of a text."""

    def __init__(self, task: str, quotes: Iterable[str]) -> None:
        # Of words of other languages little is cut. A stemmer is no thread's but its own.
        self._stemmer = snowballstemmer.stemmer("english")
        self._stems = dict.fromkeys(_FUNCTION_WORDS.split(), "")
        self._task = self._of(task)
        self._standing: Counter[str] = Counter()
        self._quotes = 0
        for quote in quotes:
            self._quotes += 1
            self._standing.update(self.shared(quote))

    def shared(self, quote: str) -> Set[str]:
        """The stems of the words that a quote shares with the task."""
        return self._task & self._of(quote)

    def sureness(self, quote: str) -> float:
        """How sure it is by its words alone that a quote, of all, is the clue, 0 to 1.

        Before they are looked at, each quote is one of so many. A word that it shares with the task raises its odds by
        as much as the word is rarer among the quotes than in clues, which are taken to have it (the relevance weight
        of Robertson and Sparck Jones, 1976).
        """
        total = self._quotes + 1
        rarity = sum(math.log(total / (self._standing[word] + 0.5)) for word in self.shared(quote))
        odds = SHARE * rarity - math.log(total)
        return 0.5 * (1 + math.tanh(odds / 2))

    def _of(self, text: str) -> Set[str]:
        return {stem for word in re.findall(r"\w+", text.lower()) if (stem := self._stem(word))}

    def _stem(self, word: str) -> str:
        """The stem of a word; empty for a function word."""
        if word not in self._stems:
            self._stems[word] = self._stemmer.stemWord(word)
        return self._stems[word]
