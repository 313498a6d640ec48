# ruff: noqa: E501  (a row of a table is a line)
"""Relations: what can be said and asked of a person, a place, a firm or a thing. Read from a plain notation.

A relation begins with a line `# name | subject kind | value kind | thing`; `thing` is what the value is called. Then one line each:
`+` a statement, `?` a question for the value, `!` a question for the subject. `~` before the sign holds the line out;
`~#` holds out the whole relation. {s} is the subject, {v} the value, {he}, {his}, {him} its pronouns.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

from tools.train.trajectory import Split
from tools.train.wording import names
from tools.train.wording.table import Table, words


@dataclass(frozen=True)
class Relation:
    """One relation and its wordings."""

    name: str
    subject: str
    value: str
    thing: str
    held_out: bool
    statements: Table[str]
    questions: Table[str]
    inverse: Table[str]
    """Questions for the subject; may be empty."""


def parse(notation: str) -> tuple[Relation, ...]:
    """The relations of a text in this module's notation.

    Raises:
        ValueError: a line that is none of the four.
    """
    relations: list[Relation] = []
    lines: dict[str, list[str]] = {}
    head = ""

    def finish() -> None:
        if not head:
            return
        name, subject, value, thing = (field.strip() for field in head.lstrip("~# ").split("|"))
        held = head.startswith("~")

        def table(sign: str) -> Table[str]:
            kept, out = tuple(lines.get(sign, ())), tuple(lines.get("~" + sign, ()))
            return Table((), kept + out) if held else Table(kept, out)

        relations.append(Relation(name, subject, value, thing, held, table("+"), table("?"), table("!")))

    for line in filter(None, map(str.strip, notation.split("\n"))):
        sign, _, text = line.partition(" ")
        if sign in {"#", "~#"}:
            finish()
            head, lines = line, {}
        elif sign in {"+", "?", "!", "~+", "~?", "~!"}:
            lines.setdefault(sign, []).append(text)
        else:
            raise ValueError(f"neither a relation nor a wording: {line!r}")
    finish()
    return tuple(relations)


CAUSES = Table(
    train=(
        "a burst water pipe", "heavy snow", "a shortage of copper", "a software error", "a strike of the drivers",
        "a power failure", "poor attendance", "a fire in the warehouse", "a change in the law", "a cracked gearbox",
        "rising rents", "a dispute over the contract", "an outbreak of measles", "a lost shipment of parts",
        "a lightning strike", "falling prices", "a missing signature", "a swarm of bees", "a faulty sensor",
        "the death of its founder", "a collapsed roof", "a storm at sea", "the illness of the director", "unpaid taxes",
        "a bug in the payroll program", "an earthquake", "dry summers", "an overheated cable", "a broken axle",
        "a misread map", "a leak in the fuel tank", "noise complaints from neighbours", "a burnt-out motor",
    ),
    held_out=(
        "a landslide", "a typing mistake in the permit", "rust in the main valve", "a shortage of nurses",
        "a frozen canal", "a stolen hard disk", "thick fog", "a quarrel between the owners",
    ),
)  # fmt: skip
MATERIALS = words(
    "granite marble oak brick limestone steel slate sandstone bamboo concrete copper glass cedar basalt iron"
)
COLOURS = words(
    "crimson turquoise amber violet teal scarlet ivory navy maroon silver lime golden purple orange grey"
)
ANIMALS = words(
    "parrot tortoise greyhound hamster ferret goat hedgehog canary pony lizard spaniel rabbit goldfish owl donkey"
)
INSTRUMENTS = words(
    "cello oboe trumpet accordion harp banjo bassoon clarinet viola drums flute mandolin organ saxophone tuba"
)
DISHES = words(
    "goulash paella risotto dumplings ratatouille lasagne pancakes chowder couscous moussaka curry ramen strudel"
)
LANGUAGES = words(
    "Finnish Portuguese Swahili Welsh Korean Hungarian Arabic Icelandic Turkish Catalan Hindi Latvian Greek"
)
SUBJECTS = words(
    "chemistry philosophy law geology linguistics medicine astronomy economics botany mathematics theology history"
)
SPORTS = words(
    "fencing rowing archery badminton judo sailing curling handball chess cycling swimming climbing rugby"
)
GOODS = words(
    "bicycles umbrellas lenses pianos buttons turbines carpets batteries clocks candles skis violins zippers kettles "
    "tractors pencils gloves helmets lamps ropes chocolate cheese soap paint tiles"
)
FIELDS = words(
    "lavender pottery lace salt cider glass honey marble tulips oysters paper leather silk truffles amber wool"
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WEEKDAYS = Table(_DAYS, _DAYS)  # there are no other days to hold out


def _thing_name(prefixes: tuple[str, ...]) -> Callable[[random.Random, Split], str]:
    def make(rng: random.Random, split: Split) -> str:
        stem = rng.choice((names.brand, names.surname, names.town))(rng, split)
        return rng.choice(prefixes).format(stem, noun=names.NOUNS.draw(rng, split).capitalize())

    return make


def _title(rng: random.Random, split: Split) -> str:
    adjective, noun = (
        names.ADJECTIVES.draw(rng, split).capitalize(),
        names.NOUNS.draw(rng, split).capitalize(),
    )
    return rng.choice((f'"The {adjective} {noun}"', f'"{noun} and {names.NOUNS.draw(rng, split).capitalize()}"',
                       f'"A {noun} in {names.town(rng, split)}"', f'"{adjective} {noun}s"'))  # fmt: skip


def _number(rng: random.Random, low: int, high: int) -> str:
    return f"{rng.randint(low, high):,}" if rng.random() < 0.7 else str(rng.randint(low, high))


_Maker = Callable[[random.Random, Split], str]
MAKERS: dict[str, _Maker] = {
    "person": names.person,
    "town": names.town,
    "company": names.company,
    "building": _thing_name(("the {} Tower", "the {} Bridge", "the {noun} Theatre", "{} Hall", "the {} Library", "{} Castle", "the {noun} Museum")),
    "book": _title,
    "ship": _thing_name(("the {noun} of {}", "the {}", "the Lady {}", "the {noun}", "the Spirit of {}")),
    "project": _thing_name(("project {}", "the {} project", "project {noun}", "the {noun} programme", "operation {noun}")),
    "device": _thing_name(("the {} pump", "the {noun} {} printer", "the {} camera", "the {} scanner", "the {} drill", "the {noun} heater")),
    "event": _thing_name(("the {} Festival", "the {noun} Fair", "the {} Cup", "the {} conference", "the {noun} exhibition", "the {} concert")),
    "year": lambda rng, _: names.year(rng),
    "date": lambda rng, _: names.date(rng),
    "amount": lambda rng, _: names.amount(rng),
    "occupation": names.OCCUPATIONS.draw,
    "cause": CAUSES.draw,
    "material": MATERIALS.draw,
    "colour": COLOURS.draw,
    "animal": ANIMALS.draw,
    "instrument": INSTRUMENTS.draw,
    "dish": DISHES.draw,
    "language": LANGUAGES.draw,
    "studies": SUBJECTS.draw,
    "sport": SPORTS.draw,
    "goods": GOODS.draw,
    "fame": FIELDS.draw,
    "weekday": WEEKDAYS.draw,
    "people": lambda rng, _: _number(rng, 120, 980_000),
    "staff": lambda rng, _: _number(rng, 3, 9_000),
    "pages": lambda rng, _: f"{rng.randint(48, 960)} pages",
    "metres": lambda rng, _: f"{_number(rng, 8, 900)} {rng.choice(('metres', 'metres', 'feet'))}",
    "kilos": lambda rng, _: f"{rng.choice((rng.randint(1, 90), rng.randint(1, 99) / 10))} {rng.choice(('kg', 'kilograms', 'pounds'))}",
    "watts": lambda rng, _: f"{_number(rng, 5, 3000)} watts",
    "duration": lambda rng, _: f"{rng.randint(2, 48)} {rng.choice(('months', 'hours', 'days', 'weeks', 'years'))}",
    "clock": lambda rng, _: rng.choice((f"{rng.randint(1, 12)}:{rng.randint(0, 11) * 5:02d} {rng.choice(('a.m.', 'p.m.'))}", f"{rng.randint(6, 22)}:{rng.randint(0, 11) * 5:02d}")),
    "room": lambda rng, _: f"room {rng.randint(1, 480)}",
    "extension": lambda rng, _: names.digits(rng, 3, 4),
    "degrees": lambda rng, _: f"{rng.randint(2, 95)} degrees",
}  # fmt: skip
"""How a subject or a value of each kind is drawn."""
