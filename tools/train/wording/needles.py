# ruff: noqa: E501  (a row of a table is a line)
"""Needles: a key and its value, said in many ways, and asked for in many ways."""

from dataclasses import dataclass

from tools.train.wording.table import Table


@dataclass(frozen=True)
class NeedleWording:
    """Statements and questions that go together; {thing}, {things}, {key}, {value}."""

    statements: tuple[str, ...]
    one: tuple[str, ...]
    """Questions for the only value of one key."""
    all: tuple[str, ...]
    """Questions for every value of one key; reading goes on to the end."""
    several: tuple[str, ...]
    """Questions for the values of several keys; {keys}."""


# What a value is called, in one and in many. Every wording that has a {thing} takes any of them.
THINGS = Table(
    train=(
        ("special magic number", "special magic numbers"), ("special magic number", "special magic numbers"),
        ("special magic word", "special magic words"), ("special magic uuid", "special magic uuids"),
        ("access code", "access codes"), ("password", "passwords"), ("serial number", "serial numbers"),
        ("secret number", "secret numbers"), ("locker number", "locker numbers"), ("registration code", "registration codes"),
        ("lucky number", "lucky numbers"), ("reference number", "reference numbers"), ("token", "tokens"),
        ("badge number", "badge numbers"), ("tracking number", "tracking numbers"), ("magic word", "magic words"),
        ("call sign", "call signs"), ("combination", "combinations"), ("order number", "order numbers"),
        ("extension", "extensions"), ("port", "ports"), ("identifier", "identifiers"), ("room number", "room numbers"),
        ("account number", "account numbers"), ("activation key", "activation keys"), ("catalogue number", "catalogue numbers"),
        ("invoice number", "invoice numbers"), ("code name", "code names"), ("checksum", "checksums"), ("score", "scores"),
    ),
    held_out=(
        ("vault code", "vault codes"), ("secret phrase", "secret phrases"), ("ticket number", "ticket numbers"),
        ("licence number", "licence numbers"), ("batch number", "batch numbers"), ("hidden number", "hidden numbers"),
    ),
)  # fmt: skip
TYPED_THINGS = {"special magic number": "digits", "special magic word": "word", "special magic uuid": "uuid"}
"""Things whose name says what the value looks like; other things take any kind of value."""

_ASK_ONE = (
    "What is the {thing} for {key} mentioned in the text?", "What is the {thing} for {key}?",
    "What is the {thing} of {key}?", "Which {thing} belongs to {key}?", "Find the {thing} for {key}.",
    "What {thing} does {key} have?", "Give the {thing} of {key}.", "Tell me the {thing} for {key}.",
    "Look up the {thing} of {key}.", "I need the {thing} that goes with {key}.", "Which {thing} is given for {key}?",
    "What {thing} was assigned to {key}?", "State the {thing} for {key} in the provided text.",
    "What does the text give as the {thing} of {key}?", "Which is the {thing} for {key}?",
    "Could you find out the {thing} of {key}?", "{key}: which {thing}?", "What's {key}'s {thing}?",
    "Search for the {thing} of {key} and report it.", "What is the {thing} listed for {key}?",
)  # fmt: skip
_ASK_ALL = (
    "What are all the {things} for {key} mentioned in the text?", "What are all the {things} for {key}?",
    "List every {thing} of {key}.", "Find all the {things} that belong to {key}.", "Which {things} does {key} have? List them all.",
    "Collect all {things} given for {key}.", "Name all of the {things} for {key}.", "What are the {things} of {key}? Give all of them.",
    "Gather every {thing} mentioned for {key}.", "Which {things} are listed for {key} in the whole text?",
    "Give me a complete list of the {things} for {key}.", "I need all the {things} that go with {key}.",
)  # fmt: skip
_ASK_SEVERAL = (
    "What are the {things} for {keys} mentioned in the text?", "What are the {things} for {keys}?",
    "Find the {things} of {keys}.", "Give the {things} for {keys}.", "Which {things} belong to {keys}?",
    "Look up the {things} of {keys}, in this order.", "Tell me the {things} for {keys}.",
    "What {things} were assigned to {keys}?", "I need the {things} of {keys}.", "State the {things} for {keys}.",
)  # fmt: skip
_HELD_ONE = (
    "Under which {thing} is {key} recorded?", "Please report what the {thing} of {key} is.", "For {key}, what is the {thing}?",
    "Can you see which {thing} {key} got?",
)  # fmt: skip
_HELD_ALL = (
    "Report each and every {thing} that {key} got.",
    "For {key}, which {things} occur anywhere in the text?",
)
_HELD_SEVERAL = ("Report the {things} that {keys} got.", "For {keys}, which {things} are recorded?")

WORDINGS = Table(
    train=(
        *(
            NeedleWording(statements, _ASK_ONE, _ASK_ALL, _ASK_SEVERAL)
            for statements in (
                ("The {thing} of {key} is {value}.", "The {thing} for {key} is {value}."),
                ("{key} has the {thing} {value}.", "{key} was given the {thing} {value}.", "{key} carries the {thing} {value}."),
                ("Remember that the {thing} for {key} is {value}.", "Note: the {thing} for {key} is {value}.", "Do not forget: the {thing} for {key} is {value}."),
                ("For {key}, the {thing} is {value}.", "For {key} the {thing} reads {value}.", "As for {key}, its {thing} is {value}."),
                ("{value} is the {thing} of {key}.", "{value} is the {thing} for {key}.", "{value} was chosen as the {thing} for {key}."),
                ("The {thing} assigned to {key} was {value}.", "They assigned {key} the {thing} {value}.", "Someone noted {value} as the {thing} of {key}."),
                ("{key}, {thing} {value}.", "{key} ({thing}: {value})", "{key} - {thing}: {value}"),
                ("{thing} of {key}: {value}", "{thing} for {key}: {value}", "{key} / {thing} / {value}"),
                ('"{key}": "{value}",', "'{key}': '{value}',", '{{"{thing}": "{value}", "name": "{key}"}}'),
                ("{key} = {value}", "{key} -> {value}", "{key}: {value}", "{key}\t{value}"),
                ("| {key} | {value} |", "{key};{value};{thing}", "{key},{value}"),
                ("To open {key}, use {value} as the {thing}.", "With {value} as its {thing}, {key} is ready.", "Whoever asks for the {thing} of {key} is told {value}."),
                ("The {thing} that goes with {key} is {value}.", "It is {value} that serves as the {thing} of {key}.", "{key}'s {thing} is {value}."),
                ("Entry for {key}: the {thing} was set to {value}.", "[{key}] {thing} set to {value}.", "Set the {thing} of {key} to {value}."),
            )
        ),
    ),
    held_out=(
        # The form that RULER published, and with it our evaluation.
        NeedleWording(
            ("One of the special magic {kind}s for {key} is: {value}.",),
            ("What is the special magic {kind} for {key} mentioned in the text?", "What is the special magic {kind} for {key} mentioned in the provided text?"),
            ("What are all the special magic {kind}s for {key} mentioned in the text?", "What are all the special magic {kind}s for {key} mentioned in the provided text?"),
            ("What are all the special magic {kind}s for {keys} mentioned in the text?", "What are the special magic {kind}s for {keys} mentioned in the provided text?"),
        ),
        *(
            NeedleWording(statements, _HELD_ONE, _HELD_ALL, _HELD_SEVERAL)
            for statements in (
                ("Anyone looking for {key} will need {value}, its {thing}.", "In the ledger, {key} stands with the {thing} {value}."),
                ("Under {key} the clerk wrote {value} in the column for the {thing}.", "{value}: {thing}, {key}."),
                ("By agreement {key} goes by the {thing} {value}.", "<{key} {thing}='{value}'>"),
            )
        ),
    ),
)  # fmt: skip

KEYS_JOINED = (", and ", " and ", ", ")
"""What stands before the last key of several."""
