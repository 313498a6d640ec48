# ruff: noqa: E501  (a row of a table is a line)
"""Questions that collect or count everyone or everything of which the same is said."""

from tools.train.wording.table import Table

LISTS: dict[str, tuple[Table[str], Table[str]]] = {
    "home": (
        Table(("Who lives in {v}? Name everyone.", "List all the people who live in {v}.", "Which persons have settled in {v}?", "Name all residents of {v} that the text mentions.", "Which people live in {v}?"), ("Give the names of everybody who resides in {v}.",)),
        Table(("How many people mentioned in the text live in {v}?", "How many of the persons live in {v}?"), ("Count those who reside in {v}.",)),
    ),
    "birthplace": (
        Table(("Who was born in {v}? Name everyone.", "List all the people born in {v}.", "Which persons come from {v}?", "Name everybody who is a native of {v}."), ("Give the names of all whose birthplace is {v}.",)),
        Table(("How many of the people mentioned were born in {v}?", "How many persons in the text are natives of {v}?"), ("Count those whose birthplace is {v}.",)),
    ),
    "job": (
        Table(("Who works as a {v}? Name all of them.", "List every {v} mentioned in the text.", "Which people are {v}s by trade?", "Name all the {v}s."), ("Give the names of those who earn their living as a {v}.",)),
        Table(("How many {v}s are mentioned?", "How many of the people work as a {v}?"), ("Count the {v}s in the text.",)),
    ),
    "employer": (
        Table(("Who works for {v}? Name everyone.", "List all employees of {v} that are mentioned.", "Which people are employed at {v}?", "Name everybody on the payroll of {v}."), ("Give the names of the staff of {v}.",)),
        Table(("How many employees of {v} does the text name?", "How many of the people work for {v}?"), ("Count the staff of {v} in the text.",)),
    ),
    "instrument": (
        Table(("Who plays the {v}? Name all of them.", "List everyone who plays the {v}.", "Which people have learnt the {v}?"), ("Give the names of those who perform on the {v}.",)),
        Table(("How many people play the {v}?", "How many of the persons play the {v}?"), ("Count the {v} players.",)),
    ),
    "language": (
        Table(("Who speaks {v}? Name all of them.", "List everyone who speaks {v}.", "Which people know {v}?"), ("Give the names of those with a command of {v}.",)),
        Table(("How many people speak {v}?", "How many of the persons have learned {v}?"), ("Count the speakers of {v}.",)),
    ),
    "pet": (
        Table(("Who keeps a {v}? Name all of them.", "List everyone who has a {v}.", "Which people own a {v}?"), ("Give the names of all owners of a {v}.",)),
        Table(("How many people keep a {v}?", "How many owners of a {v} does the text mention?"), ("Count those with a {v}.",)),
    ),
    "seat": (
        Table(("Which companies are based in {v}?", "List all firms with headquarters in {v}.", "Name every company that has its head office in {v}."), ("Give the names of the firms run from {v}.",)),
        Table(("How many companies are based in {v}?", "How many firms have their headquarters in {v}?"), ("Count the firms run from {v}.",)),
    ),
    "product": (
        Table(("Which companies make {v}?", "List all makers of {v}.", "Name every firm that produces {v}."), ("Give the names of the firms that turn out {v}.",)),
        Table(("How many companies make {v}?", "How many makers of {v} are there in the text?"), ("Count the firms that turn out {v}.",)),
    ),
    "venue": (
        Table(("Which events take place in {v}?", "List everything that is held in {v}.", "Name all events hosted by {v}."), ("Give the names of the events whose venue is {v}.",)),
        Table(("How many events take place in {v}?", "How many events does {v} host?"), ("Count the events in {v}.",)),
    ),
}  # fmt: skip
"""By the relation's name: questions for the list of subjects, and for their number; {v} is the value."""

NEEDLE_COUNTS = Table(
    train=("How many {things} for {key} are mentioned in the text?", "How many {things} does {key} have?", "How often is a {thing} given for {key}?", "Count the {things} of {key}."),
    held_out=("What is the number of {things} recorded for {key}?",),
)  # fmt: skip
