"""BABILong-style tasks (arXiv 2406.10149): events of a small world, scattered in real text.

The simulator is our own: people, rooms and things. qa1 asks where somebody is, qa2 where a thing is that
people carry about, qa3 where it was before. Every event counts in its order, and a later one changes the
answer: nothing may be decided before the end.
"""

import random
from dataclasses import dataclass, field

from tools.evaluate import words
from tools.evaluate.case import Case, Cell, TokenCounter
from tools.evaluate.haystack import lay, real

MOVES = (
    "{person} strolled into the {room}.",
    "{person} made off for the {room}.",
    "{person} turned up in the {room}.",
    "{person} hurried across to the {room}.",
)
TAKES = ("{person} pocketed the {thing}.", "{person} laid hands on the {thing} and kept it.")
DROPS = ("{person} set the {thing} down and left it there.", "{person} parted with the {thing} on the spot.")

WHERE_IS_PERSON = "In which room is {person} at the end?"
WHERE_IS_THING = "In which room does the {thing} end up?"
WHERE_WAS_THING = "In which room was the {thing} just before it came to the {room}?"


@dataclass(frozen=True)
class Stay:
    """A thing in a room, and the numbers of the events that tell so."""

    room: str
    told_by: frozenset[int]


@dataclass
class World:
    """What has happened so far, and what follows from it."""

    rng: random.Random
    people: list[str]
    things: list[str]
    rooms: list[str]
    events: list[str] = field(default_factory=list)
    about: list[frozenset[str]] = field(default_factory=list)
    at: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Person to room, and the event that tells it."""
    held: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Thing to the person who carries it, and the event that tells it."""
    stays: dict[str, list[Stay]] = field(default_factory=dict)
    """Thing to where it has been, in order."""

    def step(self) -> None:
        """Let one thing happen: somebody moves, takes a thing or leaves one."""
        person = self.rng.choice(self.people)
        room = self.at[person][0] if person in self.at else ""
        carried = [thing for thing, (holder, _) in self.held.items() if holder == person]
        here = [thing for thing in self.things if thing not in self.held and self._is_in(thing, room)]
        action = self.rng.random()
        if room and here and action < 0.35:
            self.take(person, self.rng.choice(here))
        elif carried and action < 0.45:
            self.drop(person, self.rng.choice(carried))
        else:
            self.move(person)

    def move(self, person: str) -> None:
        """Somebody goes to another room, and what they carry goes along."""
        here = self.at.get(person, ("", 0))[0]
        room = self.rng.choice([room for room in self.rooms if room != here])
        number = self._tell(self.rng.choice(MOVES), person=person, room=room)
        self.at[person] = (room, number)
        for thing, (holder, taken) in self.held.items():
            if holder == person:
                self.stays[thing].append(Stay(room, frozenset((taken, number))))

    def take(self, person: str, thing: str) -> None:
        """Somebody takes a thing that lies in the same room, or was not seen anywhere yet."""
        number = self._tell(self.rng.choice(TAKES), person=person, thing=thing)
        room, came = self.at[person]
        self.held[thing] = (person, number)
        if thing not in self.stays:
            self.stays[thing] = [Stay(room, frozenset((number, came)))]

    def drop(self, person: str, thing: str) -> None:
        """Somebody leaves a thing where they are."""
        number = self._tell(self.rng.choice(DROPS), person=person, thing=thing)
        room, came = self.at[person]
        del self.held[thing]
        self.stays[thing][-1] = Stay(room, frozenset((number, came)))

    def mentions(self, names: set[str]) -> set[int]:
        """Numbers of the events that tell of any of these people and things."""
        return {number for number, about in enumerate(self.about) if about & names}

    def _is_in(self, thing: str, room: str) -> bool:
        return thing not in self.stays or self.stays[thing][-1].room == room

    def _tell(self, template: str, **names: str) -> int:
        self.events.append(template.format(**names))
        self.about.append(frozenset(names.values()))
        return len(self.events) - 1


def qa1(cell: Cell, count: TokenCounter) -> Case:
    """One fact tells: where somebody went last."""
    rng = cell.rng()
    world = _world(rng, people=3, things=0)
    while len(world.events) < 8:
        world.step()
    person = rng.choice(sorted(world.at))
    room, told = world.at[person]
    question = WHERE_IS_PERSON.format(person=person)
    return _case(cell, count, rng, world, question, room, {told}, {person})


def qa2(cell: Cell, count: TokenCounter) -> Case:
    """Two facts tell: who had the thing last, and where they went or were."""
    rng = cell.rng()
    while True:
        world = _world(rng, people=3, things=3)
        while len(world.events) < 14:
            world.step()
        moved = [thing for thing, stays in sorted(world.stays.items()) if len(stays) > 1]
        if moved:
            break
    thing = rng.choice(moved)
    stay = world.stays[thing][-1]
    question = WHERE_IS_THING.format(thing=thing)
    return _case(cell, count, rng, world, question, stay.room, set(stay.told_by), _carriers(world, thing))


def qa3(cell: Cell, count: TokenCounter) -> Case:
    """Three facts and more tell: the way of a thing, one stay back."""
    rng = cell.rng()
    while True:
        world = _world(rng, people=3, things=3)
        while len(world.events) < 20:
            world.step()
        # A room that the thing came to twice would make the question ambiguous.
        asked = [
            (thing, stays[i - 1], stays[i])
            for thing, stays in sorted(world.stays.items())
            for i in range(1, len(stays))
            if [stay.room for stay in stays].count(stays[i].room) == 1
        ]
        if asked:
            break
    thing, before, after = rng.choice(asked)
    question = WHERE_WAS_THING.format(thing=thing, room=after.room)
    told_by = set(before.told_by | after.told_by)
    return _case(cell, count, rng, world, question, before.room, told_by, _carriers(world, thing))


def _world(rng: random.Random, people: int, things: int) -> World:
    return World(
        rng, rng.sample(words.PEOPLE, people), rng.sample(words.THINGS, things), rng.sample(words.ROOMS, 6)
    )


def _carriers(world: World, thing: str) -> set[str]:
    """The thing and everybody who ever took or left it: what tells of them belongs to the matter."""
    return {thing}.union(*(about & set(world.people) for about in world.about if thing in about))


def _case(
    cell: Cell,
    count: TokenCounter,
    rng: random.Random,
    world: World,
    question: str,
    answer: str,
    told_by: set[int],
    names: set[str],
) -> Case:
    hay = lay(world.events, real(rng), cell.length, count, rng)
    evidence = tuple(hay.spans[number] for number in sorted(told_by))
    related = tuple(hay.spans[number] for number in sorted(world.mentions(names) - told_by))
    return Case(cell, question, hay.text, (answer,), evidence, related=related, early_stop=False)


TASKS = {maker.__name__: maker for maker in (qa1, qa2, qa3)}
