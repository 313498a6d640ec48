# ruff: noqa: E501  (a row of a table is a line)
"""How to speak of someone or something by a relation: `the town where X was born`."""

from tools.train.wording.table import Table

PHRASES: dict[str, Table[str]] = {
    "birthplace": Table(("the town where {s} was born", "the birthplace of {s}", "the town in which {s} was born"), ("the place that {s} is a native of",)),
    "home": Table(("the town where {s} lives", "the town in which {s} has settled"), ("the place where {s} resides",)),
    "employer": Table(("the company that {s} works for", "the employer of {s}", "the firm that employs {s}"), ("the company that pays {s}",)),
    "spouse": Table(("the spouse of {s}", "the person {s} is married to"), ("the one whom {s} married",)),
    "mayor": Table(("the mayor of {s}", "the person who is mayor of {s}"), ("the one who runs the town hall of {s}",)),
    "twin": Table(("the twin town of {s}", "the town with which {s} is twinned"), ("the partner town of {s}",)),
    "architect": Table(("the architect of {s}", "the person who designed {s}"), ("the one who drew the plans for {s}",)),
    "founder": Table(("the founder of {s}", "the person who founded {s}"), ("the one who set up {s}",)),
    "seat": Table(("the town where {s} is based", "the town in which {s} has its headquarters"), ("the place from which {s} is run",)),
    "director": Table(("the director of {s}", "the person who runs {s}"), ("the one in charge of {s}",)),
    "author": Table(("the author of {s}", "the person who wrote {s}"), ("the writer of {s}",)),
    "setting": Table(("the town where {s} is set", "the town in which the story of {s} takes place"), ("the scene of {s}",)),
    "captain": Table(("the captain of {s}", "the person who commanded {s}"), ("the one in command of {s}",)),
    "harbour": Table(("the home port of {s}", "the town where {s} is registered"), ("the port that {s} belongs to",)),
    "lead": Table(("the leader of {s}", "the person in charge of {s}"), ("the one responsible for {s}",)),
    "venue": Table(("the town where {s} takes place", "the town that hosts {s}"), ("the place where guests of {s} gather",)),
    "winner": Table(("the winner of {s}", "the person who won {s}"), ("the one who took the prize at {s}",)),
}  # fmt: skip
"""By the relation's name; its value must be a person, a town or a company."""
