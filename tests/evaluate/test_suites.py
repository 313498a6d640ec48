import re
from collections import Counter

import pytest

from tools.evaluate.case import Case, CaseError, Cell, TokenCounter, overlaps
from tools.evaluate.suites import babi, probes, ruler

SUITES = {"ruler": ruler, "babi": babi, "probes": probes}
TASKS = [(suite, task) for suite, module in SUITES.items() for task in module.TASKS]


def make(
    suite: str, task: str, count: TokenCounter, length: int = 1024, seed: int = 0, index: int = 0
) -> Case:
    return SUITES[suite].TASKS[task](Cell(suite, task, length, seed, index), count)


@pytest.mark.parametrize(("suite", "task"), TASKS)
def test_a_cell_always_gives_the_same_case_and_another_cell_another(
    suite: str, task: str, count: TokenCounter
) -> None:
    first, again = make(suite, task, count), make(suite, task, count)
    assert first == again
    assert first.digest == again.digest
    assert make(suite, task, count, index=1).digest != first.digest
    assert make(suite, task, count, seed=1).digest != first.digest


@pytest.mark.parametrize(("suite", "task"), TASKS)
@pytest.mark.parametrize("length", [600, 3000])
def test_the_text_is_as_long_as_asked_and_hardly_shorter(
    suite: str, task: str, length: int, count: TokenCounter
) -> None:
    tokens = count(make(suite, task, count, length).text)
    assert 0.8 * length <= tokens <= length


@pytest.mark.parametrize(("suite", "task"), TASKS)
def test_the_evidence_stands_where_it_is_said_to_stand(suite: str, task: str, count: TokenCounter) -> None:
    for index in range(6):
        case = make(suite, task, count, index=index)
        shown = " ".join(case.text[start:end] for start, end in case.evidence)
        for reference in case.references:
            assert reference in shown
        for span in case.related:
            assert not any(overlaps(span, evidence) for evidence in case.evidence)


def test_a_text_too_short_for_its_needles_is_refused(count: TokenCounter) -> None:
    with pytest.raises(CaseError, match="do not fit"):
        make("ruler", "niah_multiquery", count, length=40)


def test_multivalue_asks_for_every_value_of_the_key_and_for_no_other(count: TokenCounter) -> None:
    case = make("ruler", "niah_multivalue", count)
    key = re.search(r"for (\S+)\?", case.question).group(1)  # type: ignore[union-attr]
    told = re.findall(rf"numbers for {re.escape(key)} is: (\d+)\.", case.text)
    assert sorted(told) == sorted(case.references)
    assert len(re.findall(r"special magic numbers for", case.text)) == len(told) + 1


def test_variable_tracking_can_be_followed_line_by_line(count: TokenCounter) -> None:
    case = make("ruler", "variable_tracking", count)
    value = re.search(r"\d{5}", case.question).group()  # type: ignore[union-attr]
    holds: dict[str, str] = {}
    for name, given in re.findall(r"VAR (\w+) = (?:VAR )?(\w+)\.", case.text):
        holds[name] = holds.get(given, given)
    assert {name for name, held in holds.items() if held == value} == set(case.references)
    assert len(set(holds.values())) == 2


def test_common_and_frequent_words_are_what_is_counted(count: TokenCounter) -> None:
    case = make("ruler", "common_words", count, length=3000)
    top = Counter(re.findall(r"\d+\. (\w+)", case.text)).most_common(11)
    assert {word for word, _ in top[:10]} == set(case.references)
    assert top[9][1] > top[10][1]
    case = make("ruler", "frequent_words", count, length=3000)
    top = Counter(re.findall(r"\w+", case.text)).most_common(4)
    assert {word for word, _ in top[:3]} == set(case.references)
    assert top[2][1] > top[3][1]


class Witness:
    """Follows a world from its sentences alone: an oracle that shares no code with the simulator."""

    def __init__(self) -> None:
        self.room: dict[str, str] = {}
        self.holder: dict[str, str] = {}
        self.path: dict[str, list[str]] = {}

    def hear(self, sentence: str) -> None:
        person = sentence.split()[0]
        room = re.search(r"(?:into|for|in|across to) the (\w+)\.", sentence)
        taken = re.search(r"(?:pocketed|hands on) the (\w+)", sentence)
        left = re.search(r"(?:set|parted with) the (\w+)", sentence)
        if taken:
            assert taken.group(1) not in self.holder
            self.holder[taken.group(1)] = person
            here = self.path.setdefault(taken.group(1), [self.room[person]])
            assert here[-1] == self.room[person], "taken in a room where it is not"
        elif left:
            assert self.holder.pop(left.group(1)) == person
        else:
            assert room, sentence
            self.room[person] = room.group(1)
            for thing, holder in self.holder.items():
                if holder == person:
                    self.path[thing].append(room.group(1))


@pytest.mark.parametrize("task", list(babi.TASKS))
@pytest.mark.parametrize("index", range(25))
def test_babi_answers_follow_from_the_events_told(task: str, index: int, count: TokenCounter) -> None:
    case = make("babi", task, count, index=index)
    people = "|".join(babi.words.PEOPLE)
    sentences = re.findall(rf"(?:{people}) [a-z][^.]*\.", case.text)
    witness = Witness()
    for sentence in sentences:
        witness.hear(sentence)
    if task == "qa1":
        person = re.search(people, case.question).group()  # type: ignore[union-attr]
        assert case.references == (witness.room[person],)
    else:
        thing = re.search("|".join(babi.words.THINGS), case.question).group()  # type: ignore[union-attr]
        path = witness.path[thing]
        if task == "qa3":
            after = re.search(r"came to the (\w+)", case.question).group(1)  # type: ignore[union-attr]
            path = path[: path.index(after)]
        assert case.references == (path[-1],)


def test_babi_and_overturned_facts_must_be_read_to_the_end(count: TokenCounter) -> None:
    for suite, task in (("babi", "qa1"), ("probes", "overturned")):
        case = make(suite, task, count)
        assert case.must_read_to == len(case.text)


def test_hops_stand_in_the_asked_order(count: TokenCounter) -> None:
    for index in range(5):
        for task, last in (("two_hops", True), ("two_hops_reverse", False)):
            case = make("probes", task, count, index=index)
            first, second = (case.text[start:end] for start, end in case.evidence)
            assert (case.references[0] in second) is last
            assert (case.references[0] in first) is not last


def test_the_overturned_fact_comes_first_and_is_no_false_clue(count: TokenCounter) -> None:
    for index in range(5):
        case = make("probes", "overturned", count, index=index)
        assert case.related[0][1] <= case.evidence[0][0]


def test_no_answer_has_near_misses_but_not_the_fact(count: TokenCounter) -> None:
    for index in range(len(probes.FACTS)):
        case = make("probes", "no_answer", count, index=index)
        fact = Cell("probes", "no_answer", 1024, 0, index).turn(probes.FACTS)
        before, _, behind = fact.statement.partition("{value}")
        shape = re.escape(before) + "(.+?)" + re.escape(behind)
        others = re.findall(shape.replace(re.escape("{about}"), r"[\w-]+"), case.text)
        asked = next(name for name in probes.subjects(fact.about) if name in case.question)
        assert len(others) == 3
        assert asked in case.text
        assert not re.search(shape.replace(re.escape("{about}"), re.escape(asked)), case.text)


def test_every_fact_gets_its_turn_before_one_comes_again(count: TokenCounter) -> None:
    turns = [
        Cell("probes", "natural", 1024, 3, index).turn(probes.FACTS) for index in range(len(probes.FACTS))
    ]
    assert set(turns) == set(probes.FACTS)


def test_questions_do_not_repeat_the_statement(count: TokenCounter) -> None:
    """A question worded as its statement would be found by its letters, not by its sense."""
    for fact in probes.FACTS:
        said = set(re.findall(r"[a-z]{4,}", fact.statement.format(about="", value="").lower()))
        asked = set(re.findall(r"[a-z]{4,}", fact.question.format(about="").lower()))
        assert len(said & asked) <= 2, (fact.statement, said & asked)
