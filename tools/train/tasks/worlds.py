"""A small simulated world: people move, take things and leave them; the last state counts, so all is read."""

from dataclasses import dataclass, field

from smoothread_agent.reading.wording import NOT_IN_TEXT
from tools.train.tasks.compose import Draw, Fact, Plot, compose
from tools.train.tasks.filler import Filler, RealText, noise_filler
from tools.train.trajectory import Trajectory, TrajectoryError
from tools.train.wording import worlds as say
from tools.train.wording.names import FIRST_NAMES
from tools.train.wording.table import Table

MOST_EVENTS = 9
"""Events that a reading has to remember at the most."""


@dataclass
class World:
    """Who is where, and what has been told so far."""

    draw: Draw
    people: list[str]
    rooms: list[str]
    places: dict[str, str] = field(default_factory=dict)
    holders: dict[str, str] = field(default_factory=dict)
    tracks: dict[str, list[str]] = field(default_factory=dict)
    """The rooms that each thing has been in, one after the other."""
    facts: list[Fact] = field(default_factory=list)

    @staticmethod
    def of(draw: Draw, people: int) -> "World":
        """A world with so many people and a few rooms."""
        rng, split = draw.rng, draw.split
        names = rng.sample(FIRST_NAMES.of(split), min(people, len(FIRST_NAMES.of(split))))
        rooms = say.ROOMS.of(split)
        return World(draw, names, rng.sample(rooms, min(len(rooms), rng.randint(4, 6))))

    def move(self, person: str) -> None:
        """Somebody goes to another room, with what is carried."""
        room = self.draw.rng.choice([room for room in self.rooms if room != self.places.get(person)])
        self.places[person] = room
        for thing, holder in self.holders.items():
            if holder == person:
                self._stands(thing, room)
        self._tell(say.MOVES, p=person, r=room)

    def take(self, person: str, thing: str) -> None:
        """Somebody takes a thing; it is where the person is."""
        self.holders[thing] = person
        self._stands(thing, self.places[person])
        self._tell(say.TAKES, p=person, o=thing)

    def leave(self, person: str, thing: str) -> None:
        """Somebody leaves a thing behind."""
        del self.holders[thing]
        self._tell(say.LEAVES, p=person, o=thing)

    def _stands(self, thing: str, room: str) -> None:
        track = self.tracks.setdefault(thing, [])
        if not track or track[-1] != room:
            track.append(room)

    def _tell(self, table: Table[str], **words: str) -> None:
        self.facts.append(Fact(table.draw(self.draw.rng, self.draw.split).format(**words)))


def _background(draw: Draw) -> Filler:
    return RealText(draw.rng, draw.split) if draw.rng.random() < 0.75 else noise_filler(draw.rng, draw.split)


def person(draw: Draw) -> Trajectory:
    """Where a person is; only this person's moves are kept."""
    rng, split = draw.rng, draw.split
    world = World.of(draw, rng.randint(2, 5))
    asked, others = world.people[0], world.people[1:]
    for _ in range(rng.randint(1, min(6, 1 + draw.parts))):
        world.move(asked)
    evidence, world.facts = world.facts, []
    for _ in range(rng.randint(0, 2 * draw.parts)):
        world.move(rng.choice(others))
    question = say.WHERE_PERSON.draw(rng, split).format(p=asked)
    plot = Plot("worlds.person", question, world.places[asked], tuple(evidence), tuple(world.facts))
    return compose(plot, draw, _background(draw))


def _handled(draw: Draw, thing: str) -> World:
    """A world in which a thing is taken, carried and perhaps left."""
    rng = draw.rng
    world = World.of(draw, rng.randint(1, 3))
    for someone in world.people:
        world.move(someone)
    holder = rng.choice(world.people)
    world.take(holder, thing)
    while len(world.facts) < MOST_EVENTS and rng.random() < 0.75:
        if thing in world.holders and rng.random() < 0.3:
            world.leave(holder, thing)
            break
        world.move(holder if rng.random() < 0.6 else rng.choice(world.people))
    return world


def _other_things(draw: Draw, world: World, thing: str) -> tuple[Fact, ...]:
    rng, split = draw.rng, draw.split
    things = [other for other in say.OBJECTS.of(split) if other != thing]
    facts = []
    for _ in range(rng.randint(0, 3)):
        table = rng.choice((say.TAKES, say.LEAVES))
        facts.append(Fact(table.draw(rng, split).format(p=rng.choice(world.people), o=rng.choice(things))))
    return tuple(facts)


def thing_place(draw: Draw) -> Trajectory:
    """Where a thing is: every move is kept, because the thing may be carried along."""
    rng, split = draw.rng, draw.split
    thing = say.OBJECTS.draw(rng, split)
    world = _handled(draw, thing)
    question = say.WHERE_OBJECT.draw(rng, split).format(o=thing)
    distractors = _other_things(draw, world, thing)
    plot = Plot("worlds.thing", question, world.tracks[thing][-1], tuple(world.facts), distractors)
    return compose(plot, draw, _background(draw))


def thing_before(draw: Draw) -> Trajectory:
    """Where a thing was before it came where it is."""
    rng, split = draw.rng, draw.split
    thing = say.OBJECTS.draw(rng, split)
    world = _handled(draw, thing)
    track = world.tracks[thing]
    if len(track) < 2 or track.count(track[-1]) > 1:
        raise TrajectoryError("the thing was not carried from one room to another")
    question = say.WHERE_BEFORE.draw(rng, split).format(o=thing, r=track[-1])
    plot = Plot("worlds.before", question, track[-2], tuple(world.facts), _other_things(draw, world, thing))
    return compose(plot, draw, _background(draw))


def holder(draw: Draw) -> Trajectory:
    """Who has a thing: only what happens to the thing is kept."""
    rng, split = draw.rng, draw.split
    thing = say.OBJECTS.draw(rng, split)
    world = World.of(draw, rng.randint(2, 4))
    world.places = dict.fromkeys(world.people, world.rooms[0])
    for _ in range(rng.randint(1, 3)):
        taker = rng.choice([someone for someone in world.people if someone != world.holders.get(thing)])
        if thing in world.holders:
            world.leave(world.holders[thing], thing)
        world.take(taker, thing)
    evidence, world.facts = world.facts, []
    for _ in range(rng.randint(0, draw.parts)):
        world.move(rng.choice(world.people))
    question = say.WHO_HAS.draw(rng, split).format(o=thing)
    distractors = (*world.facts, *_other_things(draw, world, thing))
    plot = Plot("worlds.holder", question, world.holders[thing], tuple(evidence), distractors)
    return compose(plot, draw, _background(draw))


def absent(draw: Draw) -> Trajectory:
    """The person asked for does not come up; others move about."""
    rng, split = draw.rng, draw.split
    world = World.of(draw, rng.randint(2, 5))
    for _ in range(rng.randint(1, 2 * draw.parts)):
        world.move(rng.choice(world.people[1:]))
    question = say.WHERE_PERSON.draw(rng, split).format(p=world.people[0])
    plot = Plot("absent.person", question, NOT_IN_TEXT, (), tuple(world.facts))
    return compose(plot, draw, _background(draw))


FAMILIES = {
    "worlds.person": (person, 1.3),
    "worlds.thing": (thing_place, 0.6),
    "worlds.before": (thing_before, 0.3),
    "worlds.holder": (holder, 0.3),
    "absent.person": (absent, 0.2),
}
"""Family name: its generator and its default weight."""
