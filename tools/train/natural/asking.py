"""A frame in words: one of its kind's wordings, its pieces reworded."""

import random
import re

from tools.train.natural.frame import Frame
from tools.train.natural.lexicon import past, third_person
from tools.train.trajectory import Split
from tools.train.wording.questions import LEAD_INS, QUESTIONS
from tools.train.wording.synonyms import reworded

_REWORDED = {"vp": 0.4, "o": 0.4, "x": 0.3, "np": 0.35, "d": 0.35, "r": 0.3, "v": 0.0, "n": 0.1, "s": 0.08}
"""Share of a piece's words that are replaced where they can be. Names stay as they are."""
_PAGES = {"of": " of {}", "of_in": " in {}", "of_by": " by {}", "of_from": " from {}", "of_with": " with {}"}


def ask(frame: Frame, rng: random.Random, split: Split) -> str:
    """A question that the frame's answer answers."""
    if frame.kind == "written":
        return dict(frame.slots)["q"]
    slots = {
        name: reworded(text, rng, split, _REWORDED[name]) if name in _REWORDED else text
        for name, text in frame.slots
    }
    page = slots.get("of", "")
    for name, form in _PAGES.items():
        slots[name] = form.format(page) if page else ""
    if "vp" in slots:
        verb, _, rest = slots["vp"].partition(" ")
        slots["vp3"] = f"{third_person(verb)} {rest}"
    if "vb" in slots:
        verb, _, rest = slots["vb"].partition(" ")
        slots["v3"] = f"{third_person(verb)} {rest}".strip()
        slots["past"] = past(verb)[0]
    if "c" in slots:
        slots["C"] = slots["c"].capitalize()
    question = QUESTIONS[frame.kind].draw(rng, split).format(**slots)
    if rng.random() < 0.06 and frame.kind != "asked":
        question = LEAD_INS.draw(rng, split) + question[0].lower() + question[1:]
    question = re.sub(r"\b([Aa]) (?=[aeiou](?!ni|ser|se ))", r"\1n ", re.sub(r"\s+", " ", question)).strip()
    return question[0].upper() + question[1:]
