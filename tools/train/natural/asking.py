"""A frame in words: one of its kind's wordings, its pieces reworded."""

import random
import re

from tools.train.natural.frame import Frame
from tools.train.natural.lexicon import BY_PARTICIPLE, BY_THIRD, FUNCTION_WORDS, gerund, past, third_person
from tools.train.trajectory import Split
from tools.train.wording.questions import LEAD_INS, QUESTIONS
from tools.train.wording.synonyms import other_verb, reworded, shortened

_REWORDED = {
    "o": 0.55,
    "x": 0.45,
    "np": 0.55,
    "d": 0.55,
    "r": 0.4,
    "n": 0.2,
    "s": 0.1,
    "rest": 0.55,
    "core": 0.45,
}
"""Share of a piece's words that are replaced where they can be. Names stay as they are."""
_SHORTENED = {"o": 0.4, "np": 0.4, "d": 0.35, "x": 0.2, "rest": 0.45}
"""How often a piece is told in part only."""
_PAGES = {"of": " of {}", "of_in": " in {}", "of_by": " by {}", "of_from": " from {}", "of_with": " with {}"}
_KEYWORDS = 0.04
"""Share of the questions that are put as people type them into a search box."""


def ask(frame: Frame, rng: random.Random, split: Split) -> str:
    """A question that the frame's answer answers."""
    slots = dict(frame.slots)
    if frame.kind == "written":
        return slots["q"]
    for name in ("vp", "vb", "v"):
        if name in slots and (name != "v" or frame.kind == "what_does"):
            _verb_forms(name, slots, rng, split)
    for name in [name for name in slots if name in _REWORDED]:
        short = shortened(slots[name], rng, _SHORTENED.get(name, 0.0))
        slots[name] = reworded(short, rng, split, _REWORDED[name])
    if "v" in slots:
        verb, _, rest = slots["v"].partition(" ")
        base = BY_PARTICIPLE.get(verb, verb)
        slots["vpast"] = f"{past(base)[0]} {rest}".strip() if verb in BY_PARTICIPLE else slots["v"]
        if "s" in slots:  # in the active voice
            slots["act"] = f"{base} {slots['s']} {rest}".strip()
            slots["act3"] = f"{third_person(base)} {slots['s']} {rest}".strip()
    page = slots.get("of", "")
    slots |= {name: form.format(page) if page else "" for name, form in _PAGES.items()}
    slots["Aux"] = slots.get("aux", "").capitalize()
    slots["C"] = slots.get("c", "").capitalize()
    slots["X"] = slots.get("x", "")[:1].upper() + slots.get("x", "")[1:]
    question = QUESTIONS[frame.kind].draw(rng, split).format(**slots)
    chance = rng.random()
    if chance < _KEYWORDS and frame.kind in _CUES:
        return _keywords(frame, slots)
    if (
        chance < 0.1
        and "text" not in question
        and re.match(r"(?:What|Which|How|Why|Where|When|Who|Name|Tell|Find|By|In)\b", question)
    ):
        question = LEAD_INS.draw(rng, split) + question[0].lower() + question[1:]
    question = re.sub(r"\b([Aa]) (?=[aeiou](?!ni|ser|se ))", r"\1n ", re.sub(r"\s+", " ", question)).strip()
    return question[0].upper() + question[1:]


def _verb_forms(name: str, slots: dict[str, str], rng: random.Random, split: Split) -> None:
    """Another verb for a slot that begins with one, and the forms that the wordings take."""
    verb, _, rest = slots[name].partition(" ")
    base = BY_THIRD.get(verb, verb) if name == "v" else verb
    rest = reworded(shortened(rest, rng, _SHORTENED["rest"]), rng, split, _REWORDED["rest"])
    first, _, second = other_verb(base, rng, split).partition(" ")
    tail = f" {second} {rest}".replace("  ", " ").rstrip()
    key = {"vp": ("vp", "vp3", "vping"), "vb": ("vb", "v3", "ving"), "v": ("vb", "v", "ving")}[name]
    slots |= {key[0]: first + tail, key[1]: third_person(first) + tail, key[2]: gerund(first) + tail}
    slots["past"] = past(first)[0] + tail


def _keywords(frame: Frame, slots: dict[str, str]) -> str:
    """The question as it is typed into a search box."""
    told = [slots.get(name, "") for name in ("name", "s", "vp", "x", "np")]
    pieces = [piece for piece in told if piece and piece != frame.answer]
    words = [word for piece in pieces for word in piece.split() if word.lower() not in FUNCTION_WORDS]
    return " ".join([*words, _CUES[frame.kind].format(noun=slots.get("noun", ""))]).strip()


_CUES = {
    "default": "default", "entry_default": "default value", "definition": "meaning", "where": "where",
    "acronym": "stands for", "how_to": "how", "entry_which": "which {noun}", "entry_which_is": "{noun}",
    "entry_does": "{noun} effect", "page_which": "which command", "purpose": "purpose", "what_if": "what happens",
    "entry_what": "{noun} meaning", "used_for": "what to use", "term": "definition",
    "version": "since which version", "entry_error": "error meaning",
}  # fmt: skip
"""What a search for each kind of frame ends with; kinds that are not here are never put so."""
