"""Why the clues changed, or did not: short sentences, with {thing} for what is looked for."""

from tools.train.wording.table import Table

ANSWERED = Table(
    train=(
        "This answers the question.", "This gives the {thing}, so nothing is missing.", "The {thing} is known now.",
        "This is the {thing} that was asked for.", "With this the question is settled.",
        "The quote states the {thing}; reading can stop.", "That is all that was asked.",
        "The {thing} stands here in so many words.", "Now the answer is complete.", "This names the {thing}.",
        "It says exactly what was asked.", "The wanted {thing} was found.", "Everything needed is here.",
    ),
    held_out=("Here is the {thing} we were after.", "No more is needed: the {thing} is given.", "Question answered."),
)  # fmt: skip
MORE = Table(
    train=(
        "One {thing} found; more may follow.", "This is part of the answer.", "It belongs to what was asked.",
        "This counts, but the rest of the text may hold others.", "A {thing} that was asked for; read on.",
        "It is one of those looked for.", "This is needed, and more is to come.", "Kept; the others are still missing.",
        "This gives a {thing}, not yet all.", "It fits the question; the search goes on.",
    ),
    held_out=("This one goes on the list; there may be others.", "A piece of the answer, not the whole."),
)  # fmt: skip
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
        "That is a different {thing}.", "It looks alike and does not answer.", "This does not help with the question.",
        "The names do not match.", "It does not give the {thing} asked for.",
    ),
    held_out=("Close, but about another one.", "This speaks of someone or something else."),
)  # fmt: skip
LATEST = Table(
    train=(
        "This is the {thing} so far; it may change later.", "Newer than what was known; read on for changes.",
        "The {thing} may still change, so reading goes on.", "This replaces what was known before.",
        "It is the latest so far.", "An update may follow, so keep reading.",
    ),
    held_out=("For now this holds; later text may correct it.", "This supersedes the earlier {thing}."),
)  # fmt: skip
BRIDGE = Table(
    train=(
        "This leads to what was asked; one more step is missing.", "A link of the chain; the next one is needed.",
        "It is a step towards the answer.", "This says where to look next.", "With this the next link can be searched.",
    ),
    held_out=("A stepping stone: the answer hangs on it.",),
)  # fmt: skip
MAYBE = Table(
    train=(
        "It may matter once the rest is known.", "This could be the wanted {thing}; keep it until that is clear.",
        "Not yet clear whether it is needed, so it is kept.", "This may turn out to be the answer.",
        "A possible {thing}; the link to the question is missing.",
    ),
    held_out=("Perhaps this is the {thing}; time will tell.",),
)  # fmt: skip

TABLES = (ANSWERED, MORE, KEPT, DROPPED, LATEST, BRIDGE, MAYBE)
