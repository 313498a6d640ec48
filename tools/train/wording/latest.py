# ruff: noqa: E501  (a row of a table is a line)
"""Facts that change: first statements, updates, and questions for how things stand in the end."""

from tools.train.wording.table import Table

CHANGING = (
    "employer", "home", "mayor", "market", "director", "seat", "deadline", "budget", "lead", "price", "date", "venue",
    "room", "extension", "appointment", "salary", "staff", "harbour", "captain", "warranty", "product", "instrument",
)  # fmt: skip
"""Names of the relations that may change."""

FIRST = Table(
    train=("", "", "", "At first, ", "Initially, ", "For the time being, ", "In the beginning, ", "Originally, ", "As of the first of March, "),
    held_out=("", "", "To begin with, ", "As things stood in spring, "),
)  # fmt: skip
"""What may stand before the first statement."""

PROVISIONAL = Table(
    train=("Provisionally, ", "For now, and subject to change, ", "According to a first plan, ", "As a preliminary figure: ", "Until further notice, ", "Tentatively, "),
    held_out=("If nothing comes between, ", "By a rough draft, "),
)  # fmt: skip
"""What says that a statement may still be overturned."""

UPDATES = Table(
    train=(
        "The {thing} of {s} was changed to {v}.", "Correction: the {thing} of {s} is {v}, not {old}.",
        "The {thing} of {s} has changed; it is now {v}.", "Update: {s} now has a new {thing}, {v}.",
        "As of today, the {thing} of {s} is {v}.", "It was decided that the {thing} of {s} should be {v} instead.",
        "Contrary to what was said before, the {thing} of {s} is {v}.", "Since then, the {thing} of {s} has become {v}.",
        "{old} is out of date: the {thing} of {s} is now {v}.", "The {thing} of {s}, formerly {old}, is {v} from now on.",
        "Later the {thing} of {s} was set to {v}.", "After a long talk the {thing} of {s} was moved from {old} to {v}.",
        "There has been a change of plan: for {s} the {thing} is {v}.", "The latest news is that the {thing} of {s} is {v}.",
        "We were wrong about {s}. The {thing} is {v}.",
    ),
    held_out=(
        "{v} has replaced {old} as the {thing} of {s}.", "Please note the new {thing} of {s}: {v}.",
        "What was said about the {thing} of {s} no longer holds; {v} does.",
    ),
)  # fmt: skip
QUESTIONS = Table(
    train=(
        "What is the current {thing} of {s}?", "What is the {thing} of {s} now?", "What is the latest {thing} of {s}?",
        "After all changes, what is the {thing} of {s}?", "What is the final {thing} of {s}?",
        "As things stand in the end, what is the {thing} of {s}?", "What is the most recent {thing} given for {s}?",
        "At the end of the text, what is the {thing} of {s}?", "What is the up-to-date {thing} of {s}?",
        "Which {thing} of {s} holds at present?", "Considering every correction, what is the {thing} of {s}?",
        "What is the {thing} of {s} after the last update?", "What did the {thing} of {s} end up being?",
    ),
    held_out=(
        "By the last word of the text, what is the {thing} of {s}?", "Which {thing} of {s} is still valid?",
        "What {thing} does {s} have these days?",
    ),
)  # fmt: skip
