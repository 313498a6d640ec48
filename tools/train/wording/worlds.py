# ruff: noqa: E501  (a row of a table is a line)
"""A small world of people, rooms and things: moves, things taken and left, and questions about where they are."""

from tools.train.wording.table import Table, words

ROOMS = words(
    "kitchen garden office bathroom hallway bedroom cellar attic library garage balcony pantry workshop studio "
    "terrace greenhouse laundry nursery stable courtyard dining-room ballroom chapel barn boathouse classroom canteen "
    "corridor lobby gym archive"
)
OBJECTS = words(
    "apple football milk ball hat key letter lamp book cup umbrella basket suitcase hammer coin map newspaper vase "
    "camera teapot scarf lantern candle bottle rope ladder violin radio parcel wallet spade cushion"
)
MOVES = Table(
    train=(
        "{p} went to the {r}.", "{p} moved to the {r}.", "{p} walked to the {r}.", "{p} hurried to the {r}.",
        "{p} went back to the {r}.", "{p} ran into the {r}.", "{p} stepped into the {r}.", "{p} headed for the {r}.",
        "{p} has gone to the {r}.", "{p} wandered into the {r}.", "Then {p} went to the {r}.", "{p} came into the {r}.",
        "After that, {p} moved to the {r}.", "{p} made for the {r}.", "{p} strolled over to the {r}.",
        "{p} disappeared into the {r}.", "{p} returned to the {r}.", "{p} entered the {r}.",
    ),
    held_out=("{p} crossed over to the {r}.", "{p} slipped into the {r}.", "Next, {p} turned up in the {r}.", "{p} climbed up to the {r}."),
)  # fmt: skip
TAKES = Table(
    train=(
        "{p} picked up the {o}.", "{p} took the {o}.", "{p} grabbed the {o}.", "{p} got hold of the {o}.",
        "{p} now carries the {o}.", "{p} put the {o} under one arm.", "{p} took the {o} along.", "There {p} found the {o} and took it.",
    ),
    held_out=("{p} seized the {o}.", "{p} pocketed the {o}."),
)  # fmt: skip
LEAVES = Table(
    train=(
        "{p} put down the {o}.", "{p} left the {o} there.", "{p} dropped the {o}.", "{p} set the {o} down.",
        "{p} let go of the {o}.", "There {p} left the {o}.",
    ),
    held_out=("{p} parted with the {o}.", "{p} laid the {o} aside."),
)  # fmt: skip
WHERE_PERSON = Table(
    train=(
        "Where is {p}?", "Where is {p} now?", "In which room is {p}?", "Where is {p} at the end?", "Where did {p} end up?",
        "What is the last known place of {p}?", "In which place is {p} after all this?", "Where can {p} be found now?",
    ),
    held_out=("Where would one find {p} in the end?", "Which room is {p} in at last?"),
)  # fmt: skip
WHERE_OBJECT = Table(
    train=(
        "Where is the {o}?", "Where is the {o} now?", "In which room is the {o}?", "Where did the {o} end up?",
        "Where is the {o} at the end?", "Where can the {o} be found now?",
    ),
    held_out=("Which room is the {o} in at last?", "Where would one find the {o} in the end?"),
)  # fmt: skip
WHERE_BEFORE = Table(
    train=(
        "Where was the {o} before the {r}?", "Where was the {o} before it came to the {r}?",
        "In which room was the {o} just before the {r}?", "From which room was the {o} carried to the {r}?",
    ),
    held_out=("In what room had the {o} been until it got to the {r}?",),
)  # fmt: skip
WHO_HAS = Table(
    train=("Who has the {o}?", "Who is carrying the {o} now?", "Who has the {o} at the end?", "Who took the {o} last?"),
    held_out=("In whose hands is the {o} at last?",),
)  # fmt: skip
