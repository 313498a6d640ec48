# ruff: noqa: E501  (a row of a table is a line)
"""Assignments of values and of other variables, in several notations, and what is asked about them."""

from tools.train.wording.table import Table

NOTATIONS = Table(
    train=(
        ("{x} = {v}", "{x} = {y}"),
        ("let {x} be {v}.", "let {x} be {y}."), ("Set {x} to {v}.", "Set {x} to the value of {y}."),
        ("{x} := {v};", "{x} := {y};"), ("The variable {x} is assigned {v}.", "The variable {x} is assigned the value of {y}."),
        ("export {x}={v}", "export {x}=${y}"), ("{x} takes the value {v}.", "{x} takes the same value as {y}."),
        ("int {x} = {v};", "int {x} = {y};"),
    ),
    held_out=(("VAR {x} = {v}", "VAR {x} = VAR {y}"), ("VAR {x} = {v}.", "VAR {x} = VAR {y}."), ("{x} <- {v}", "{x} <- {y}"), ("{x} is given {v}.", "{x} is given whatever {y} holds.")),
)  # fmt: skip
"""How a value is assigned, and how another variable's value is."""

QUESTIONS = Table(
    train=(
        "Find all variables that are assigned the value {v} in the text.", "Which variables have the value {v}?",
        "List all variables whose value is {v}.", "Which variables are equal to {v}, directly or by way of others?",
        "Name every variable that holds {v}.", "What are the variables that are set to {v}, also through other variables?",
        "Collect the variables that end up with the value {v}.",
    ),
    held_out=("Report each variable that was made equal to {v}.", "Through whatever steps, which variables got {v}?"),
)  # fmt: skip
