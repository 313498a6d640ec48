"""Questions by a language model: one for some words of a marked sentence, and whether it holds."""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from tools.train.natural.frame import good_answer
from tools.train.natural.lexicon import FUNCTION_WORDS, content_words
from tools.train.natural.sentences import is_prose, paragraphs, sentences
from tools.train.trajectory import MAX_QUOTE, whole_words

Generate = Callable[[Sequence[str], int], list[str]]
"""The likeliest continuations of prompts, of at most so many tokens."""

Verdict = Literal["kept", "ill-formed", "another answer", "answered without the sentence"]

_AROUND = 320
"""Characters of surroundings on either side of a sentence."""
_TRIES = 12
_POINTER = re.compile(
    r"\b(?:this|these|that|those|it|its|they|their|them|above|below|following|such|here|he|she|his|her)\b",
    re.I,
)
_EXAMPLES = (
    ("The night ferry to Osmark leaves from pier four.", "From where does the night ferry to Osmark leave?", "pier four"),
    ("If the lamp blinks twice, the filter has to be rinsed.", "What has to be done when the lamp blinks twice?",
     "the filter has to be rinsed"),
    ("The archive keeps letters for ninety years.", "How long are letters kept in the archive?", "ninety years"),
    ("Loans are signed by the keeper of the seals.", "Whose signature does a loan need?", "the keeper of the seals"),
)  # fmt: skip
_UNKNOWN = "The mill stands by the river.", "Who built the mill?", "not said"


@dataclass(frozen=True)
class Marked:
    """A sentence in its surroundings, and the words of it that are to be asked for."""

    document: str
    before: str
    quote: str
    after: str
    answer: str

    @property
    def sentence(self) -> str:
        """The sentence on one line."""
        return " ".join(self.quote.split())


def mark(document: str, text: str, rng: random.Random) -> Marked | None:
    """A sentence of a text that stands by itself; none where a few tries find none."""
    spans = list(paragraphs(text))
    for _ in range(_TRIES):
        start, end = rng.choice(spans)
        if not is_prose(text[start:end]):
            continue
        found = list(sentences(text, start, end))
        if not found:
            continue
        one = rng.choice(found)
        quote = text[one.start : one.end]
        if (
            50 <= len(quote) <= min(240, MAX_QUOTE)
            and whole_words(text, one.start, one.end)
            and not _POINTER.search(one.text)
            and text.count(quote) == 1
        ):
            answers = phrases(one.text)
            before, after = text[max(0, one.start - _AROUND) : one.start], text[one.end : one.end + _AROUND]
            if answers:
                return Marked(document, before, quote, after, rng.choice(answers))
    return None


def phrases(sentence: str) -> list[str]:
    """What of a sentence can be asked for: runs of up to five words between its function words and its stops."""
    words = re.sub(r"[,;:()]", " | ", sentence.rstrip(".!?")).split()
    found, run = [], list[str]()
    for word in [*words, "|"]:
        if word == "|" or word.lower() in FUNCTION_WORDS:
            if 1 <= len(run) <= 5:
                found.append(" ".join(run))
            run = []
        else:
            run.append(word)
    opening = sentence.split(" ", 1)[0]
    return [run for run in found if run != opening and good_answer(run, 2, 100) and content_words(run)]


def write(marked: Sequence[Marked], generate: Generate) -> list[str]:
    """What the model wrote as a question for each sentence."""
    examples = "".join(
        f"Fact: {fact}\nAnswer: {told}\nQuestion: {asked}\n\n" for fact, asked, told in _EXAMPLES
    )
    prompts = [f"{examples}Fact: {place.sentence}\nAnswer: {place.answer}\nQuestion:" for place in marked]
    return [text.strip().split("\n")[0] for text in generate(prompts, 40)]


def judge(marked: Sequence[Marked], questions: Sequence[str], generate: Generate) -> list[Verdict]:
    """Whether each question holds: its answer comes back from the sentence, and not without it."""
    verdicts: list[Verdict] = [
        "kept" if well_formed(place, question) else "ill-formed"
        for place, question in zip(marked, questions, strict=True)
    ]
    asked = [number for number, verdict in enumerate(verdicts) if verdict == "kept"]
    prompts = []
    for number in asked:
        place, question = marked[number], questions[number]
        prompts.append(_asking(place.before + place.quote + place.after, question))
        prompts.append(_asking(f"{place.before}\n{place.after}", question))
    answers = generate(prompts, 24) if prompts else []
    for number, given, without in zip(asked, answers[::2], answers[1::2], strict=True):
        if not same(given, marked[number].answer):
            verdicts[number] = "another answer"
        elif same(without, marked[number].answer):
            verdicts[number] = "answered without the sentence"
    return verdicts


def well_formed(place: Marked, question: str) -> bool:
    """Whether a question asks of what its sentence says, by itself, and does not give its answer away."""
    return (
        question.endswith("?")
        and 4 <= len(question.split()) <= 25
        and not _POINTER.search(question)
        and len(content_words(question) & content_words(place.sentence)) >= 2
        and not content_words(question) & content_words(place.answer)
    )


def same(given: str, answer: str) -> bool:
    """Whether a given answer is the answer, up to words that carry no meaning."""
    wanted, got = content_words(answer), content_words(given.strip().split("\n")[0])
    if not wanted:
        return answer.casefold() in given.casefold()
    return bool(got) and len(wanted & got) >= 0.6 * max(len(wanted), len(got))


def _asking(text: str, question: str) -> str:
    pairs = [*_EXAMPLES[:2], _UNKNOWN]
    examples = "".join(f"Text: {fact}\nQuestion: {asked}\nAnswer: {told}\n\n" for fact, asked, told in pairs)
    return f"{examples}Text: {' '.join(text.split())}\nQuestion: {question}\nAnswer:"
