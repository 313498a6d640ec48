"""Banal sentences that say nothing anyone would ask for."""

import random

from tools.train.trajectory import Split
from tools.train.wording.table import Table

_FIXED = Table(
    train=(
        "The grass is green.", "The sky is blue.", "The sun is yellow.", "Here we go.", "There and back again.",
        "The day went by like any other.", "Nothing much happened.", "It was neither warm nor cold.",
        "People came and went.", "Somewhere a dog barked.", "A door was opened and closed.", "The kettle boiled.",
        "The clock on the wall kept ticking.", "Time passed slowly.", "The street was wet from the rain.",
        "A few leaves were lying on the path.", "The lamp gave a soft light.", "There was a smell of coffee.",
        "Nobody said a word.", "The bus was late once more.", "All was quiet for a while.", "So it goes.",
    ),
    held_out=(
        "Snow is white and coal is black.", "On it went, much as before.", "The tap dripped.",
        "A bird sat on the fence.", "Some chairs stood in a row.", "The wind turned a little to the west.",
        "And that was that.", "The soup had gone cold by then.",
    ),
)  # fmt: skip
_SUBJECTS = Table(
    train=(
        "The old man", "A neighbour", "The children", "Her sister", "A stranger", "The baker", "Everyone", "The cat",
        "The crowd", "A young woman", "The guests", "My uncle", "The gardener", "One of the boys", "The teacher",
        "The tall one", "Half the village", "A passer-by", "The driver", "His brother", "The visitors", "A clerk",
    ),
    held_out=("The twins", "An elderly couple", "The ferryman", "Their cousin", "A girl in boots", "The choir"),
)  # fmt: skip
_VERBS = Table(
    train=(
        "looked at", "walked past", "waited near", "talked about", "thought of", "pointed at", "stood beside",
        "forgot about", "smiled at", "leaned against", "sat down by", "hurried past", "wondered about",
        "cared little for", "had never noticed", "kept away from", "remembered", "came back to", "stared at",
    ),
    held_out=("strolled around", "made a sketch of", "complained about", "nodded towards", "tiptoed past"),
)  # fmt: skip
_OBJECTS = Table(
    train=(
        "the garden", "the window", "the old bridge", "the weather", "a heap of sand", "the fountain", "the clouds",
        "the empty bench", "the river", "a wooden box", "the hills", "the shop window", "the notice board", "the sea",
        "the broken fence", "the last bus", "an open book", "the market", "the chapel", "the long road", "the piano",
    ),
    held_out=("the windmill", "the dry well", "a row of poplars", "the weathercock", "the muddy lane", "a parked van"),
)  # fmt: skip
_ENDS = Table(
    train=(
        "", "", "", " for a while", " again", " without a word", " in the morning", " as usual", " and went home",
        " and thought no more of it", " until it got dark", " with a shrug", " on the way back", " after lunch",
        " because there was nothing else to do", " and said nothing", " in the rain", " twice", " before supper",
    ),
    held_out=("", "", " at half speed", " out of habit", " and yawned", " between two showers", " like last week"),
)  # fmt: skip


def sentence(rng: random.Random, split: Split) -> str:
    """One sentence: a fixed one, or one put together."""
    if rng.random() < 0.25:
        return _FIXED.draw(rng, split)
    subject, verb = _SUBJECTS.draw(rng, split), _VERBS.draw(rng, split)
    return f"{subject} {verb} {_OBJECTS.draw(rng, split)}{_ENDS.draw(rng, split)}."
