"""Facts in natural sentences and questions on them, in wording of their own: held out from all training."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from tools.evaluate import words

_MONTHS = words.split("""
    January February March April May June July August September October November December
""")

CAUSES = (
    "a cracked boiler",
    "silt in the channel",
    "a quarrel over tolls",
    "the death of the only mule",
    "woodworm in the beams",
    "a shortage of lamp oil",
    "an outbreak of glanders",
    "two failed harvests",
)
MATERIALS = words.split("soapstone larch copper buckram walrus-ivory slate felt alabaster")
USES = (
    "drying herbs",
    "teaching the deaf",
    "storing sails",
    "weighing wool",
    "printing almanacs",
    "breeding leeches",
    "casting bells",
    "curing eels",
)


def _date(rng: random.Random) -> str:
    return f"{rng.randint(1, 28)} {rng.choice(_MONTHS)} {rng.randint(1610, 1890)}"


def _amount(rng: random.Random) -> str:
    return f"{rng.randint(21, 989) * 10 + rng.randint(1, 9):,}"


def _one_of(values: tuple[str, ...] | list[str]) -> Callable[[random.Random], str]:
    return lambda rng: rng.choice(values)


VALUES: dict[str, Callable[[random.Random], str]] = {
    "person": _one_of(words.PEOPLE),
    "place": _one_of(words.ROOMS),
    "town": _one_of(words.TOWNS),
    "date": _date,
    "amount": _amount,
    "cause": _one_of(CAUSES),
    "material": _one_of(MATERIALS),
    "use": _one_of(USES),
}
"""What sort of value a fact gives, to a way of drawing one."""


@dataclass(frozen=True)
class Fact:
    """A statement on a subject and the question that it answers.

    Attributes:
        gives: the sort of value that the statement gives, a key of `VALUES`.
        about: the sort of its subject: `town`, `person` or `thing`.
        statement: with the fields `{about}` and `{value}`.
        question: in other words than the statement, with the field `{about}`.
    """

    gives: str
    about: str
    statement: str
    question: str


FACTS = (
    Fact(
        "person",
        "town",
        "The old chronicle of {about} is the work of {value}, who never put a name to it.",
        "Who wrote the history of {about}?",
    ),
    Fact(
        "person",
        "town",
        "In {about} it was {value} who talked the smugglers into giving themselves up.",
        "Which person persuaded the contraband runners of {about} to surrender?",
    ),
    Fact(
        "person",
        "thing",
        "The {about} had been a wedding gift from {value}.",
        "Whose present for the marriage was the {about}?",
    ),
    Fact(
        "place",
        "person",
        "When the river rose, {about} carried the parish registers up to the {value}.",
        "Where did {about} bring the church records during the flood?",
    ),
    Fact(
        "place",
        "thing",
        "For years the missing {about} had been lying under a loose board of the {value}.",
        "Where had the lost {about} been hidden all that time?",
    ),
    Fact(
        "town",
        "person",
        "As a child {about} was sent away to be raised by an aunt at {value}.",
        "In which town did {about} grow up?",
    ),
    Fact(
        "town",
        "person",
        "After the trial {about} lived out the remaining years quietly at {value}.",
        "Where did {about} retire?",
    ),
    Fact(
        "date",
        "town",
        "{about} struck the first coins of its own on {value}.",
        "When did {about} begin to mint money?",
    ),
    Fact(
        "date",
        "person",
        "The guild admitted {about} as a master on {value}, against two dissenting voices.",
        "On which day did {about} gain full membership of the craftsmen's body?",
    ),
    Fact(
        "date",
        "town",
        "On {value} fire took every roof in {about} but the chapel's.",
        "What is the date on which {about} burned down?",
    ),
    Fact(
        "amount",
        "town",
        "Mending the bridge at {about} swallowed {value} crowns.",
        "How much money did the repair of the crossing at {about} cost?",
    ),
    Fact(
        "amount",
        "person",
        "By the last count {about} looked after {value} beehives.",
        "How many colonies of bees did {about} keep?",
    ),
    Fact(
        "amount",
        "town",
        "The census found {value} souls in {about}.",
        "What was the population of {about}?",
    ),
    Fact(
        "cause",
        "town",
        "The ferry at {about} gave up its crossings on account of {value}.",
        "Why was the boat service of {about} discontinued?",
    ),
    Fact(
        "cause",
        "person",
        "What drove {about} to sell the mill was {value}.",
        "For what reason did {about} part with the mill?",
    ),
    Fact(
        "material",
        "thing",
        "Against all custom the {about} had been made of {value}.",
        "What was the {about} crafted out of?",
    ),
    Fact(
        "use",
        "town",
        "The round tower of {about} serves nowadays for {value}.",
        "What is the tower in {about} used for today?",
    ),
    Fact(
        "use",
        "person",
        "In the shed behind the house {about} had set up all that is needed for {value}.",
        "Which activity was {about}'s outbuilding equipped for?",
    ),
)


@dataclass(frozen=True)
class Reversal:
    """A fact, the later one that overturns it, and the question on what holds at the end."""

    gives: str
    earlier: str
    later: str
    question: str


REVERSALS = (
    Reversal(
        "person",
        "The keys of the granary at {about} are kept by {old}.",
        "{old} has handed in the granary keys of {about}, and {value} has them from this day on.",
        "Who is now in charge of the keys to {about}'s granary?",
    ),
    Reversal(
        "amount",
        "The toll at {about} stands at {old} farthings for a loaded cart.",
        "By order of the council the cart toll at {about} is lowered to {value} farthings.",
        "What does a laden cart pay at {about} under the rule in force?",
    ),
    Reversal(
        "town",
        "The assizes of {about} county sit at {old}.",
        "Since the courthouse fell in, the assizes of {about} county have moved over to {value}.",
        "Where are the courts of {about} county held at present?",
    ),
    Reversal(
        "date",
        "The regatta of {about} has been called for {old}.",
        "Owing to the storm the regatta of {about} was put off and will be rowed on {value}.",
        "For which day is {about}'s boat race planned in the end?",
    ),
    Reversal(
        "place",
        "The relic of {about} rests in the {old}.",
        "Thieves having been seen, the relic of {about} was taken out of the {old} by night to the {value}.",
        "In what room does {about}'s relic stand by now?",
    ),
)


@dataclass(frozen=True)
class Chain:
    """Two facts with a bridge between them, and the question that needs both.

    Attributes:
        first: from the subject asked about to the bridge, with `{about}` and `{bridge}`.
        second: from the bridge to the answer, with `{bridge}` and `{value}`.
    """

    bridge: str
    gives: str
    first: str
    second: str
    question: str


CHAINS = (
    Chain(
        "town",
        "person",
        "{about} rents a stall under the arcades of {bridge}.",
        "{bridge} has chosen {value} as its reeve.",
        "Who is reeve of the town where {about} has a market stall?",
    ),
    Chain(
        "town",
        "amount",
        "{about} first saw the light of day at {bridge}.",
        "No more than {value} people live at {bridge}.",
        "How many inhabitants does the birthplace of {about} have?",
    ),
    Chain(
        "person",
        "town",
        "{about} learned the craft from {bridge}.",
        "{bridge} is buried beside the lychgate at {value}.",
        "In which town is the grave of the person who taught {about}?",
    ),
    Chain(
        "person",
        "amount",
        "{about} is the only heir of {bridge}.",
        "{bridge} owed the bank {value} ducats.",
        "What sum did the person owe whose fortune goes to {about}?",
    ),
    Chain(
        "town",
        "date",
        "{about} drew the plans for the lighthouse of {bridge}.",
        "The lamp at {bridge} was lit for the first time on {value}.",
        "When did the lighthouse that {about} designed begin to shine?",
    ),
)


def subjects(sort: str) -> tuple[str, ...] | list[str]:
    """The names that a fact of this sort can be about."""
    return {"town": words.TOWNS, "person": words.PEOPLE, "thing": words.THINGS}[sort]


def templates() -> tuple[str, ...]:
    """Every template of statements and questions: training data must hold none of them."""
    facts = [text for fact in FACTS for text in (fact.statement, fact.question)]
    reversals = [text for r in REVERSALS for text in (r.earlier, r.later, r.question)]
    chains = [text for chain in CHAINS for text in (chain.first, chain.second, chain.question)]
    return (*facts, *reversals, *chains)
