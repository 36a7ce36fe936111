"""The narrator: turns chance into words and keeps the world in step. Every sentence begins with a space."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from groundup.text.storyworld.choices import Chance
from groundup.text.storyworld.words import (
    ADJECTIVES,
    COVERS,
    DOINGS,
    JOBS,
    MANY,
    PEOPLE,
    PLACES,
    SPOTS,
    TAILS,
    WEATHER_TAILS,
    Kind,
    Reason,
)
from groundup.text.storyworld.world import Being, StoryEvent, StoryPlace, Thing, World

T = TypeVar("T")


class Narrator:
    """Tells one story to one `Chance`. `hero` and `thing` are whom and what the story is about."""

    hero: Being
    thing: Thing
    kind: Kind
    reason: Reason | None = None
    outcome: str  # what will come of it, if all goes well

    def __init__(self, chance: Chance) -> None:
        self.say, self.pick = chance.say, chance.pick
        self.world = World()
        self.questions: dict[str, str] = {}  # question to answer, for the last line
        self._people = list(PEOPLE)  # who has not been met
        self._jobs = list(JOBS)
        self._places = list(PLACES)  # which places have no part in the story yet
        self._subject: Being | None = None  # of the last sentence
        self._pronouns = 0  # how often in a row it was "she" or "he"

    # Picks

    def choose(
        self, values: Sequence[T], phrase: Callable[[T], str] = str, weights: Sequence[int] | None = None
    ) -> T:
        """Pick a value and say its phrase."""
        return values[self.pick([phrase(value) for value in values], weights)]

    def one_of(self, *texts: str) -> int:
        """One of several ways to say the same, all alike."""
        return self.pick(texts)

    def weighted(self, texts: Mapping[str, int]) -> int:
        return self.pick(list(texts), list(texts.values()))

    def someone(self) -> Being:
        """Meet a new person: says 'Nell the cook'."""
        person = self.choose(self._people, lambda p: p[0], [p[2] for p in self._people])
        return self._meet(person)

    def someone_or(self, known: Being) -> Being:
        """A known person, as "she", half the time, or a new one."""
        weights = [p[2] for p in self._people]
        chosen = self.pick([known.they, *(p[0] for p in self._people)], [sum(weights), *weights])
        return self._meet(self._people[chosen - 1]) if chosen else known

    def _meet(self, person: tuple[str, str, int]) -> Being:
        """The name has been said; now the job."""
        self._people.remove(person)
        name, they, _ = person
        being = Being(name, they, *(("her", "her", "hers") if they == "she" else ("him", "his", "his")))
        self._subject, self._pronouns = being, 0
        self.say(" the ")
        being.job = self.choose(self._jobs)
        self._jobs.remove(being.job)
        self.ask(f"What was {name}?", f"A {being.job}.")
        return being

    def new(self, *kinds: str) -> Thing:
        """A thing of one of these kinds: says 'an odd spoon'."""
        adjective = self.choose(ADJECTIVES, lambda a: Thing(a).a)
        self.say(" ")
        kind = self.choose(kinds)
        return Thing(f"{adjective} {kind}", kind)

    def someplace(self, phrase: Callable[[StoryPlace], str] = lambda place: place.at) -> StoryPlace:
        """A place that has had no part in the story yet: says it."""
        place = self.choose(self._places, phrase)
        self.use(place)
        return place

    def use(self, place: StoryPlace) -> None:
        if place in self._places:
            self._places.remove(place)

    # Words

    def subject(self, being: Being) -> str:
        """The subject of a new sentence: the name, or "She" if she was the last, but not three in a row."""
        if self._subject is being and self._pronouns < 2:
            self._pronouns += 1
            return being.They
        self._subject, self._pronouns = being, 0
        return being.name

    def ask(self, question: str, answer: str) -> None:
        """Offer a question for the end of the story. Only the first answer to the same question counts."""
        self.questions.setdefault(question, answer)

    def ask_why(self, question: str, event: StoryEvent) -> None:
        """A question whose answer is the cause of an event."""
        assert event.because is not None
        self.ask(question, f"Because {event.because.clause}.")

    def explain(self, who: Being) -> tuple[Reason, str, str]:
        """Says why a person wants the thing. Returns the reason, those words, and what will come of it."""
        fitting = [
            reason
            for reason in self.kind.reasons
            if reason.weather in ("", self.world.weather) and reason is not self.reason
        ]
        which, many = self._pick_many([who.fill(reason.why) for reason in fitting])
        reason = fitting[which]
        why, outcome = (who.fill(text.replace("{many}", many)) for text in (reason.why, reason.outcome))
        return reason, why, outcome

    def told(self, texts: Sequence[str], who: Being) -> str:
        """Says one of the texts, with its pronouns and its {many} put in, and returns what was said."""
        filled = [who.fill(text) for text in texts]
        which, many = self._pick_many(filled)
        return filled[which].replace("{many}", many)

    def _pick_many(self, texts: Sequence[str]) -> tuple[int, str]:
        """Picks by what stands before {many}, then what the many are, and says the rest."""
        parts = [text.partition("{many}") for text in texts]
        which = self.pick([before for before, _, _ in parts])
        _, slot, after = parts[which]
        many = self.choose(MANY) if slot else ""
        if after:
            self.say(after)
        return which, many

    # Sentences that many stories share

    def want(self, kinds: Sequence[Kind]) -> None:
        """'the red kite, because the wind was just right.'"""
        self.say("the ")
        adjective = self.choose(ADJECTIVES)
        self.say(" ")
        self.kind = self.choose(kinds, lambda kind: kind.name)
        self.thing = Thing(f"{adjective} {self.kind.name}", self.kind.name)
        self.say(", because ")
        self.reason, why, self.outcome = self.explain(self.hero)
        self.say(".")
        event = self.world.happen(f"{self.hero.name} wanted {self.thing.the}", self.world.happen(why))
        self.ask_why(f"Why did {self.hero.name} want {self.thing.the}?", event)

    def walk(self, place: StoryPlace) -> None:
        """The hero goes there, unless already there."""
        hero = self.hero
        if hero.place is place:
            return
        self.say(f" {self.subject(hero)} ")
        self.pick(("went to ", "walked to ", "ran to ", "hurried to "), (3, 2, 1, 1))
        self.say(place.the)
        tails = TAILS | WEATHER_TAILS[self.world.weather]
        tail = self.choose(list(tails), hero.fill, list(tails.values()))
        if tail.endswith(" "):
            self.many()
            self.say(".")
        self.world.go(hero, place)

    def visit(self, person: Being) -> None:
        """The hero goes to see a person, wherever that is."""
        if person.place is not None:
            self.walk(person.place)
            return
        self.say(f" {self.subject(self.hero)} ")
        self.one_of("found ", "went to see ", "called on ", "looked up ")
        self.say(f"{person.name} ")
        person.place = self.someplace()
        self.say(", ")
        self.doing(person)
        self.say(".")
        self.world.go(self.hero, person.place)

    def doing(self, person: Being) -> str:
        """What a person does just then."""
        verb = self.choose(DOINGS)
        self.say(" ")
        doing = f"{verb} {self.many()}"
        self.ask(f"What was {person.name} doing?", f"{doing.capitalize()}.")
        return doing

    def many(self) -> str:
        """Says 'odd geese'."""
        adjective = self.choose(ADJECTIVES)
        self.say(" ")
        return f"{adjective} {self.choose(MANY)}"

    def spot(self) -> str:
        """Where exactly something lies: says 'under a red sack'."""
        spot = self.choose(SPOTS)
        self.say(" ")
        return f"{spot} {self.new(*COVERS).a}"

    def thanks(self, person: Being) -> None:
        """How the hero takes a kindness."""
        hero = self.hero
        self.one_of(
            f" {hero.name} thanked {person.them}.",
            f" {hero.name} thanked {person.them} twice.",
            f" {hero.name} did not know what to say, and said so.",
            " They shook hands on it.",
        )
