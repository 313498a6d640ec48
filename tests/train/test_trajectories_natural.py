"""The rules that find questions in real sentences and entries, and how they are asked."""

import random

import pytest

from tools.train.natural.asking import ask
from tools.train.natural.bank import document_frames
from tools.train.natural.frame import Frame, clause, good_answer, good_subject
from tools.train.natural.headed import entry_frames, heading_frames, name_frames
from tools.train.natural.rules import statement_frames
from tools.train.natural.sentences import Sentence, sentences
from tools.train.wording.questions import QUESTIONS


def found(text: str) -> dict[str, tuple[dict[str, str], str]]:
    sentence = Sentence(0, len(text), text, True)
    return {frame.kind: (dict(frame.slots), frame.answer) for frame in statement_frames(sentence)}


@pytest.mark.parametrize(
    ("text", "kind", "answer"),
    [
        ("The ledger daemon is a program that counts, which nobody reads.", "definition", "a program that counts"),
        ("BTR stands for Better Tables Registry.", "acronym", "Better Tables Registry"),
        ("The Better Tables Registry (BTR) was closed.", "acronym", "Better Tables Registry"),
        ("The harbour log is stored in /var/log/harbour, as ever.", "where", "in /var/log/harbour"),
        ("The harbour tool was released in 1997.", "when", "1997"),
        ("Support for tide tables was added in version 2.4.", "version", "version 2.4"),
        ("The harbour tool was written by Olga Renerah.", "who", "Olga Renerah"),
        ("A harbour record contains four fields that never change.", "how_many", "four"),
        ("The default tide interval is 15 minutes.", "default", "15 minutes"),
        ("The --tide option is used to set the height of the quay.", "purpose", "to set the height of the quay"),
        ("To list the ships in port, use the --ships option.", "how_to", "use the --ships option"),
        ("Ship records can be removed with harbourctl.", "how_passive", "with harbourctl"),
        ("The quay lamp is off because the harbour master is asleep.", "why", "the harbour master is asleep"),
        ("If the tide table is missing, the tool refuses to start.", "what_if", "the tool refuses to start"),
        ("The harbourctl command prints the names of all ships.", "does_object", "the names of all ships"),
        ("The harbourctl command prints the names of registered ships.", "what_does", "The harbourctl command"),
        ("A cargo ship must stay in the harbour for ten days after the storm.", "how_long", "ten days"),
        ("The harbour tool reads the tide tables from /etc/harbour.conf.", "from_where", "from /etc/harbour.conf"),
        ("The quay lamps are switched off when the harbour is empty.", "under_condition", "when the harbour is empty"),
        ("The harbour master must carry a paper list.", "modal_object", "a paper list"),
        ("Ship records cannot be changed by captains.", "whether", "No"),
    ],
)  # fmt: skip
def test_a_sentence_is_asked_about(text: str, kind: str, answer: str) -> None:
    assert found(text)[kind][1] == answer


@pytest.mark.parametrize(
    "text",
    [
        "It is a program that keeps accounts of everything.",
        "This option prints the names of all ships in port.",
        "The following is a list of all the options there are.",
        "Is the harbour tool a program that keeps accounts?",
    ],
)
def test_a_sentence_that_needs_its_context_is_left_alone(text: str) -> None:
    assert not found(text)


def test_a_sentence_that_begins_with_it_is_quoted_with_the_one_before() -> None:
    text = "The harbourctl command lists ships. It prints the names of all captains."
    first, second = sentences(text, 0, len(text))
    frames = list(statement_frames(second, first))
    assert ("does_object", "the names of all captains") in {(frame.kind, frame.answer) for frame in frames}
    assert all((frame.start, frame.end) == (0, len(text)) for frame in frames)


MANUAL = """NAME

harbourctl - list the ships in port

OPTIONS

-a, --all
  Print the names of all ships and their captains.

--tide=HEIGHT
  Set the height of the quay wall. The default is 15.
"""


def test_options_are_asked_about_both_ways() -> None:
    frames = {(frame.kind, frame.answer) for frame in entry_frames(MANUAL)}
    assert ("entry_does", "Print the names of all ships and their captains") in frames
    assert ("entry_which", "--tide") in frames
    assert {frame.kind for frame in name_frames(MANUAL)} == {"page_does", "page_which"}
    for frame in entry_frames(MANUAL):
        quote = MANUAL[frame.start : frame.end]
        assert quote.startswith("-")
        assert quote.endswith(".")


def test_headings_that_ask_are_questions() -> None:
    text = (
        "2.1 How do I list the ships?\n\nRun harbourctl with the option --all, and wait.\nIt takes a while.\n"
    )
    (frame,) = heading_frames(text)
    assert dict(frame.slots)["q"] == "How do I list the ships?"
    assert text[frame.start : frame.end] == "Run harbourctl with the option --all, and wait."


@pytest.mark.parametrize("kind", QUESTIONS)
def test_every_wording_can_be_filled(kind: str) -> None:
    slots = {
        "s": "the quay", "be": "is", "v": "written", "vb": "contain", "o": "all ships", "n": "ships", "r": "in port",
        "w": "maximum", "vp": "print all ships", "aux": "is", "x": "the tide is high", "c": "if", "noun": "option",
        "name": "--all", "of": "harbourctl", "np": "the height of the quay", "q": "How do I moor?",
            "core": "stay in port", "told": "stays in port",
        "d": "a kind of boat", "gloss": "what floats", "art": "a", "field": "weight",
    }  # fmt: skip
    if kind == "what_does":
        slots |= {"v": "prints"}
    frame = Frame(kind, tuple(slots.items()), "answer", 0, 20)
    for split in ("train", "held_out"):
        asked = {ask(frame, random.Random(seed), split) for seed in range(60)}
        assert all("{" not in question and question == question.strip() for question in asked)
        assert asked


def test_an_answer_is_a_finished_phrase() -> None:
    assert clause("the lock, the quay, and the crane; more follows") == "the lock, the quay, and the crane"
    assert good_answer("the names of all ships")
    assert not good_answer("the names of the")
    assert not good_answer("the following")


def test_a_subject_says_what_it_speaks_of() -> None:
    assert good_subject("The harbour master")
    assert not good_subject("This option")
    assert not good_subject("The file")
    assert not good_subject("The pattern affects the files and directories that")


def test_frames_quote_their_document() -> None:
    for frame in document_frames(MANUAL):
        assert " ".join(frame.answer.split()) in " ".join(MANUAL[frame.start : frame.end].split())
