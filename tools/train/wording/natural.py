# ruff: noqa: E501  (a row of a table is a line)
"""Reasons and questions for readings of natural text."""

from tools.train.wording.table import Table

FOUND = Table(
    train=(
        "This sentence answers the question.", "Here the text says what was asked.", "The answer stands in this sentence.",
        "That is what the question is about, and it is answered.", "It says just that, in other words.",
        "The quote gives the answer.", "This explains it.", "The text states it here.", "This is the place that answers.",
        "The question and this sentence are about the same thing.", "With this the question can be answered.",
        "Nothing more is needed: the sentence says it.", "Here it is explained.", "The words differ, the meaning is the one asked for.",
        "This passage gives what was wanted.", "It names what was asked for.", "The description fits the question.",
    ),
    held_out=("These words settle the question.", "What was asked is told here.", "The passage replies to the question."),
)  # fmt: skip

ABOUT = Table(
    train=(
        "What does the text say about {x}?", "Collect everything that the text says about {x}.", "Find all statements about {x}.",
        "What is said about {x} in the text?", "List what the text tells about {x}.", "Which sentences mention {x}?",
        "Gather all that is written about {x}.", "What can be learned about {x} from the text?", "Give all passages on {x}.",
        "Where does the text speak of {x}, and what does it say?",
    ),
    held_out=("Everything on {x}, please.", "Report whatever the text has on {x}."),
)  # fmt: skip
MENTIONED = Table(
    train=(
        "It speaks of {x}.", "This is about {x}.", "Here {x} is mentioned.", "Another statement about {x}; more may follow.",
        "It says something about {x}.", "A sentence on {x}; read on.", "{x} comes up here.",
    ),
    held_out=("Here is something on {x}.",),
)  # fmt: skip
SUMMARISE = Table(
    train=(
        "Summarise the text.", "Summarise the main points of the text.", "What is the text about? Give a summary.", "Write a short summary of the text.",
        "Give an overview of the text.", "What are the main points?", "Sum up the text in a few sentences.", "Take notes on the text and sum it up.",
        "Provide a brief summary.", "Tell me in short what the text says.", "Outline the text.",
    ),
    held_out=("In brief, what does this document say?", "Condense the text."),
)  # fmt: skip
NOTED = Table(
    train=("A new point.", "This is a main point.", "The part adds something.", "Worth a note.", "It brings a new topic.", "The text goes on to this.", "One more point for the summary."),
    held_out=("This goes into the summary.",),
)  # fmt: skip
TABLES = (FOUND, ABOUT, MENTIONED, SUMMARISE, NOTED)
