"""The small world: who and what is where, who knows what, and what happened because of what.

Every change goes through a verb below, and a verb refuses what cannot be: no person gives what they do not hold,
or takes what lies elsewhere, and no cause comes after its effect. The sentences are told from the events
that the verbs return, so each "because" in a story names a cause that stands in the log.

Some things are settled only when they are told: where a lost thing lies is decided by the search that finds
it, with the chance that each place still has. That is the same process as hiding it first, and it
leaves no secret in the story that a reader could not read back (see `choices.py`).
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class StoryPlace:
    at: str  # "in the barn"
    the: str  # "the barn"
    locks: bool = False


@dataclass(eq=False)
class Being:
    """A person or an animal."""

    name: str
    they: str = "it"
    them: str = "it"
    their: str = "its"
    theirs: str = "its"
    job: str = ""
    place: StoryPlace | None = None  # None until the story says
    knows: dict["Thing", StoryPlace] = field(default_factory=dict)  # where they believe a thing to be

    @property
    def They(self) -> str:  # noqa: N802
        return self.they.capitalize()

    def fill(self, text: str) -> str:
        """A phrase with {they}, {They}, {them}, {their} and {theirs} put in."""
        if "{" not in text:
            return text
        for word in ("they", "They", "them", "their", "theirs"):
            text = text.replace(f"{{{word}}}", getattr(self, word))
        return text


@dataclass(eq=False)
class Thing:
    name: str  # "red kite"
    kind: str = ""  # "kite"
    where: Being | StoryPlace | None = None  # exactly one holder or place; None until the story says

    @property
    def the(self) -> str:
        return f"the {self.name}"

    @property
    def a(self) -> str:
        return f"{'an' if self.name[0] in 'aeiou' else 'a'} {self.name}"


@dataclass(frozen=True, eq=False)
class StoryEvent:
    clause: str  # "Tom gave her the kite": stands after "because"
    because: "StoryEvent | None" = None
    verb: str = "was"
    who: Being | None = None
    thing: Thing | None = None
    to: Being | StoryPlace | None = None


class ImpossibleError(Exception):
    """The storyteller asked for what cannot happen. Always our bug."""


def need(condition: object, subject: str) -> None:
    if not condition:
        raise ImpossibleError(subject)


class World:
    def __init__(self) -> None:
        self.weather = ""
        self.log: list[StoryEvent] = []
        self.things: list[Thing] = []  # in the order in which they came into the story

    def happen(self, clause: str, because: StoryEvent | None = None, **details) -> StoryEvent:
        need(because is None or because in self.log, f"the cause of {clause!r} has not happened")
        event = StoryEvent(clause, because, **details)
        self.log.append(event)
        return event

    def go(self, who: Being, place: StoryPlace) -> None:
        need(who.place is not place, f"{who.name} is already {place.at}")
        who.place = place
        self.happen(f"{who.name} went to {place.the}", verb="went", who=who, to=place)

    def put(self, thing: Thing, where: Being | StoryPlace) -> None:
        """Settle where a thing was all along."""
        need(thing.where is None, f"{thing.the} already is somewhere")
        thing.where = where
        self.things.append(thing)
        self.happen(f"{thing.the} was there", verb="was with", thing=thing, to=where)

    def held_by(self, being: Being) -> list[Thing]:
        return [thing for thing in self.things if thing.where is being]

    def take(self, who: Being, thing: Thing, clause: str = "") -> StoryEvent:
        need(thing.where is not None and thing.where is who.place, f"{thing.the} is not where {who.name} is")
        thing.where = who
        return self.happen(clause or f"{who.they} had found {thing.the}", verb="took", who=who, thing=thing)

    def lay(self, who: Being, thing: Thing, place: StoryPlace) -> None:
        """Leave a thing at a place."""
        need(thing.where is who, f"{who.name} does not hold {thing.the}")
        thing.where = who.knows[thing] = place
        self.happen(f"{who.name} left {thing.the} {place.at}", verb="left", who=who, thing=thing, to=place)

    def give(
        self, who: Being, to: Being, thing: Thing, because: StoryEvent | None = None, clause: str = ""
    ) -> StoryEvent:
        need(thing.where is who, f"{who.name} does not hold {thing.the}")
        need(who.place is to.place, f"{who.name} and {to.name} are not in one place")
        thing.where = to
        clause = clause or f"{who.name} gave {to.them} {thing.the}"
        return self.happen(clause, because, verb="gave", who=who, thing=thing, to=to)

    def learn(self, who: Being, thing: Thing, source: Being) -> None:
        """`source` tells `who` where the thing is."""
        need(source.knows.get(thing) is thing.where, f"{source.name} does not know where {thing.the} is")
        who.knows[thing] = source.knows[thing]
