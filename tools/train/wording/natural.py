# ruff: noqa: E501  (a row of a table is a line)
"""Tasks for readings of natural text, and the reasons of notes."""

from tools.train.wording.table import Table

ABOUT = Table(
    train=(
        "What does the text say about {x}?", "Collect everything that the text says about {x}.", "Find all statements about {x}.",
        "What is said about {x} in the text?", "List what the text tells about {x}.", "Which sentences mention {x}?",
        "Gather all that is written about {x}.", "What can be learned about {x} from the text?", "Give all passages on {x}.",
        "Where does the text speak of {x}, and what does it say?",
    ),
    held_out=("Everything on {x}, please.", "Report whatever the text has on {x}."),
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
