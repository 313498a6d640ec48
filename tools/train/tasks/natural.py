"""Natural questions on natural text: documentation and dictionaries, asked in other words than they use."""

from smoothread_agent.reading.wording import NOT_IN_TEXT
from tools.train.dictionaries import NAMES, DictionaryEntry, dictionary
from tools.train.natural.asking import ask
from tools.train.natural.bank import Asked, bank
from tools.train.natural.frame import Frame
from tools.train.natural.lexicon import content_words
from tools.train.tasks.compose import TEMPTED, Draw
from tools.train.tasks.passage import Cut, Evidence, cut_before, last_rival, nearest, other_parts
from tools.train.trajectory import (
    MAX_QUOTE,
    MIN_QUOTE,
    Find,
    Part,
    Trajectory,
    TrajectoryError,
    whole_words,
)

OPTIONS = ("entry_does", "entry_which", "entry_which_not", "entry_default")
NAMED = (
    "entry_what",
    "entry_which_is",
    "entry_error",
    "entry_file",
    "page_does",
    "page_which",
    "page_is",
    "page_which_is",
)
STATED = (
    "definition", "naming", "acronym", "where", "when", "when_did", "version", "who", "by_what", "how_many",
    "how_many_there", "limit", "default", "which_are", "which_are_named",
)  # fmt: skip
DONE = (
    "purpose", "used_for", "how_to", "how_passive", "why", "what_if", "when_condition", "does_object", "what_does",
)  # fmt: skip
TURNED = (
    "how_long", "how_often", "after_time", "from_where", "to_where", "by_means", "for_purpose", "under_condition",
    "at_point", "modal_object",
)  # fmt: skip
ASKED = ("asked", "written")
_ENTRIES_TRIED = 400
DICTIONARY = ("acronym", "term", "word_for", "word_meaning", "element")


def _reading(family: str, draw: Draw, text: str, frame: Frame, others: list[Frame]) -> Trajectory:
    """The parts of a text up to a frame's evidence."""
    question = ask(frame, draw.rng, draw.split)
    evidence = Evidence(question, frame.answer, frame.start, frame.end)
    pieces = cut_before(text, evidence, draw)
    parts = [Part(before) for before in pieces.before]
    for start, end in pieces.parts[:-1]:
        parts.append(_passed_over(text, start, end, question, others, draw))
    start, end = pieces.parts[-1]
    quote = text[frame.start : frame.end]
    parts.append(Part(text[start:end].strip(), (Find(quote),), stop=True))
    return Trajectory(question, tuple(parts), " ".join(frame.answer.split()), "quote", family)


def _passed_over(text: str, start: int, end: int, question: str, others: list[Frame], draw: Draw) -> Part:
    """A part without evidence; now and then what comes nearest to the question is quoted and dropped."""
    piece = text[start:end].strip()
    if draw.rng.random() < TEMPTED:
        spans = [
            (frame.start, frame.end)
            for frame in others
            if start <= frame.start
            and frame.end <= end
            and MIN_QUOTE <= frame.end - frame.start <= MAX_QUOTE
            and whole_words(text, frame.start, frame.end)
        ]
        best = nearest(spans, text, question)
        if best:
            quote = text[slice(*best)]
            return Part(piece, (Find(quote, keep=False),))
    return Part(piece)


def _documented(family: str, kinds: tuple[str, ...], draw: Draw) -> Trajectory:
    source = bank(draw.split)
    asked = source.draw(draw.rng, kinds)
    others = source.documents[asked.document.name]
    return _reading(family, draw, asked.document.text, asked.frame, others)


def options(draw: Draw) -> Trajectory:
    """What an option or a function does, and which one does something."""
    return _documented("natural.options", OPTIONS, draw)


def named(draw: Draw) -> Trajectory:
    """Variables, files, errors and pages, by name or by what they are."""
    return _documented("natural.named", NAMED, draw)


def stated(draw: Draw) -> Trajectory:
    """What something is, who, when, where, how many, by default."""
    return _documented("natural.stated", STATED, draw)


def done(draw: Draw) -> Trajectory:
    """What for, how, why, under what condition, what does what."""
    return _documented("natural.done", DONE, draw)


def turned(draw: Draw) -> Trajectory:
    """How long, how often, where, by what means, why, when; what somebody must or can do."""
    return _documented("natural.turned", TURNED, draw)


def whether(draw: Draw) -> Trajectory:
    """Yes or no."""
    return _documented("natural.whether", (draw.rng.choice(("whether", "whether_not")),), draw)


def asked(draw: Draw) -> Trajectory:
    """Questions that a document's own headings ask, and questions written elsewhere."""
    return _documented("natural.asked", ASKED, draw)


def _entries(draw: Draw, names: tuple[str, ...], kinds: tuple[str, ...]) -> tuple[str, Frame]:
    """A stretch of one of the dictionaries, with an entry in it that is asked about in one of the kinds."""
    rng = draw.rng
    installed = [name for name in names if dictionary(name, draw.split)]
    if not installed:
        raise TrajectoryError("no dictionary is installed")
    entries = dictionary(rng.choice(installed), draw.split)
    for number in (rng.randrange(len(entries)) for _ in range(_ENTRIES_TRIED)):
        target = entries[number]
        if frames := [frame for frame in target.frames if frame.kind in kinds]:
            break
    else:
        raise TrajectoryError("no question on the entries that were tried")
    frame = rng.choice(frames)
    wanted, size = draw.characters * draw.parts, 0
    pool: list[DictionaryEntry] = []
    in_order = rng.random() < 0.6
    while size < wanted and len(pool) < 400:
        step = len(pool) + 1
        other = entries[(number - step) % len(entries)] if in_order else rng.choice(entries)
        if other.headword.lower() != target.headword.lower():
            pool.append(other)
        size += len(other.text) + 2
    texts = [entry.text for entry in reversed(pool)]
    shift = sum(len(text) + 2 for text in texts)
    after = [entries[(number + step) % len(entries)].text for step in range(1, 12)]
    text = "\n\n".join([*texts, target.text, *after])
    moved = Frame(frame.kind, frame.slots, frame.answer, frame.start + shift, frame.end + shift)
    return text, moved


def words(draw: Draw) -> Trajectory:
    """What a dictionary says: meanings, terms, acronyms, properties; and the word for a meaning."""
    text, frame = _entries(draw, NAMES, DICTIONARY)
    return _reading("natural.dictionary", draw, text, frame, [])


def glossed(draw: Draw) -> Trajectory:
    """Which word means something, asked as another dictionary explains it: alike in sense, hardly in words."""
    text, frame = _entries(draw, ("gcide",), ("glossed",))
    return _reading("natural.glossed", draw, text, frame, [])


def absent(draw: Draw) -> Trajectory:
    """A question on a document, read in a stretch of it (or of others) that does not answer it."""
    source = bank(draw.split)
    found: Asked = source.draw(draw.rng, (*OPTIONS, *NAMED, *STATED, *DONE, *TURNED))
    frame, text = found.frame, found.document.text
    evidence = Evidence(ask(frame, draw.rng, draw.split), frame.answer, frame.start, frame.end)
    others = source.documents[found.document.name]
    return stopped_short("absent.natural", draw, text, evidence, others, dict(frame.slots).get("name", ""))


def stopped_short(
    family: str, draw: Draw, text: str, evidence: Evidence, others: list[Frame], name: str = ""
) -> Trajectory:
    """The parts of a text that lead up to the evidence, or parts of other texts, without the evidence.

    Raises:
        TrajectoryError: something in them may answer the question, or speaks of what it names.
    """
    if draw.rng.random() < 0.35:
        parts = [Part(part) for part in other_parts(draw, draw.parts, evidence)]
    else:
        pieces: Cut = cut_before(text, evidence, draw)
        parts = [Part(before) for before in pieces.before]
        for start, end in pieces.parts[:-1]:
            parts.append(_passed_over(text, start, end, evidence.question, others, draw))
    if not parts or any(_may_answer(part.text, evidence, name) for part in parts):
        raise TrajectoryError("the question may be answered, or there is nothing to read")
    return Trajectory(evidence.question, tuple(parts), NOT_IN_TEXT, "quote", family)


def _may_answer(text: str, evidence: Evidence, name: str) -> bool:
    if name and name in text:
        return True
    if last_rival(text, 0, evidence, len(text)):
        return True
    wanted = content_words(evidence.question)
    return len(wanted) > 3 and len(wanted & content_words(text)) > 0.9 * len(wanted)


FAMILIES = {
    "natural.options": (options, 2.0),
    "natural.named": (named, 1.5),
    "natural.stated": (stated, 2.5),
    "natural.done": (done, 3.0),
    "natural.turned": (turned, 2.0),
    "natural.whether": (whether, 0.5),
    "natural.asked": (asked, 0.4),
    "natural.dictionary": (words, 2.5),
    "natural.glossed": (glossed, 1.0),
    "absent.natural": (absent, 1.5),
}
"""Family name: its generator and its default weight."""
