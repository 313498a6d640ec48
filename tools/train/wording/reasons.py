"""Why what was quoted is kept or dropped: short sentences that leave open whether reading goes on."""

from tools.train.wording.table import Table

KEPT = Table(
    train=(
        "This bears on the question.", "It speaks of what was asked.", "The quote concerns the question.",
        "It is about what is looked for.", "This belongs to what was asked.", "It fits the question.",
        "What it says was asked for.", "It names what the task names.", "This is to the point.",
        "The task asks about this.", "It says something of what is wanted.", "This helps with the question.",
    ),
    held_out=("This one is about the question.", "It matters for the task."),
)  # fmt: skip
DROPPED = Table(
    train=(
        "This is about something else.", "It has the same form but another subject.", "Not the one asked for.",
        "The quote does not concern the question.", "Similar, but not what was asked.",
        "That is a different one.", "It looks alike and does not answer.", "This does not help with the question.",
        "The names do not match.", "It does not give what was asked for.",
    ),
    held_out=("Close, but about another one.", "This speaks of someone or something else."),
)  # fmt: skip
