"""One story, from "One windy morning" to its question: an opening, a plot, an ending, and an evening."""

from collections.abc import Sequence

from groundup.text.storyworld.choices import Chance
from groundup.text.storyworld.narrator import Narrator
from groundup.text.storyworld.plots import PLOTS, Got
from groundup.text.storyworld.words import (
    HOME,
    KINDS,
    MEALS,
    POCKET,
    ROAD,
    TASTES,
    TIMES,
    WEATHER,
    WEATHER_GONE,
)
from groundup.text.storyworld.world import Being, World


def tell_story(chance: Chance) -> World:
    """Tells one story: a paragraph, then a line with a question and its answer, then a blank line.

    Returns the world as the story leaves it.
    """
    n = Narrator(chance)
    alone = n.pick(("One ", "It was a "), (3, 2)) == 1
    n.world.weather = n.choose(list(WEATHER), weights=list(WEATHER.values()))
    n.say(" ")
    n.weighted(TIMES)
    n.say(". " if alone else " ")
    n.hero = n.someone()
    n.pick((" wanted ", " needed ", " was looking for ", " had to have "), (3, 2, 1, 1))
    n.want(KINDS)
    pocket(n)
    plots = [plot for plot in PLOTS if plot.big or not n.kind.big]
    plot = n.choose(plots, lambda plot: n.hero.fill(plot.opener), [plot.weight for plot in plots])
    ending(n, plot.tell(n))
    evening(n)

    n.say("\n")
    question = n.choose(list(n.questions), lambda question: question)
    n.say(f" {n.questions[question]}\n\n")
    return n.world


def pocket(n: Narrator) -> None:
    """Two or three things that the hero has from the start. Some come in useful."""
    n.one_of(
        f" {n.hero.They} carried ",
        f" {n.hero.They} had brought ",
        f" In {n.hero.their} pocket {n.hero.they} had ",
    )
    left = list(POCKET)

    def add_one() -> None:
        thing = n.new(*left)
        left.remove(thing.kind)
        n.world.put(thing, n.hero)

    add_one()
    if n.pick((" and ", ", "), (1, 4)) == 1:
        add_one()
        n.say(" and ")
    add_one()
    n.say(".")


def evening(n: Narrator) -> None:
    """How the day ended, for each person."""
    hero = n.hero
    if n.pick((" Supper was ", f" That night {hero.name} dreamt of "), (3, 2)) == 0:
        first = dish(n, MEALS)
        n.say(" and ")
        second = dish(n, [meal for meal in MEALS if not first.endswith(meal)])
        n.ask("What was for supper?", f"{first.capitalize()} and {second}.")
    else:
        first = n.many()
        n.say(" and ")
        second = n.many()
        n.ask(f"What did {hero.name} dream of?", f"{first.capitalize()} and {second}.")
    n.say(".")


def dish(n: Narrator, meals: Sequence[str]) -> str:
    taste = n.choose(TASTES)
    n.say(" ")
    return f"{taste} {n.choose(meals)}"


def ending(n: Narrator, got: Got) -> None:
    """What came of it: it was of use, or not needed any more, or another needed it more, or it was lost."""
    hero, world, thing = n.hero, n.world, n.thing
    glad = world.happen(f"{hero.name} was glad", got.event)
    ways = {use: 6, needless: 1, pass_on: 2, drop: 2}
    if n.reason is None or not n.reason.weather:
        del ways[needless]
    if got.lender:
        del ways[pass_on]  # it is not the hero's to give
        del ways[drop]
    openers = {
        use: f" {hero.They} took it home.",
        needless: " By then ",
        pass_on: " On the way back ",
        drop: " On the way home ",
    }
    way = n.choose(list(ways), lambda way: openers[way], list(ways.values()))
    way(n)
    if got.lender:
        give_back(n, got.lender)
    holder = thing.where
    assert isinstance(holder, Being)
    if holder is hero or got.lender:
        n.ask_why(f"Why was {hero.name} glad?", glad)
    n.ask(f"Who has {thing.the} now?", f"{holder.name}.")
    rest = [other.a for other in world.held_by(hero) if other is not thing]
    if rest:
        listed = " and ".join(filter(None, (", ".join(rest[:-1]), rest[-1])))
        n.ask(f"What else does {hero.name} have now?", f"{listed.capitalize()}.")


def use(n: Narrator) -> None:
    n.world.go(n.hero, HOME)
    n.say(f" {n.outcome}")


def needless(n: Narrator) -> None:
    n.say(f"{WEATHER_GONE[n.world.weather]}, and {n.hero.name} did not need it any more.")


def pass_on(n: Narrator) -> None:
    """Another needs it more, and gets it."""
    hero, world, thing = n.hero, n.world, n.thing
    n.say(f"{hero.they} met ")
    other = n.someone()
    n.say(", who needed it more, because ")
    _, why, outcome = n.explain(other)
    world.go(hero, ROAD)
    other.place = ROAD
    event = world.give(hero, other, thing, world.happen(why))
    n.say(f". So {hero.name} gave {other.them} {thing.the}. {outcome}")
    n.ask_why(f"Why did {hero.name} give {other.name} {thing.the}?", event)


def drop(n: Narrator) -> None:
    """It is lost again, and the finder is honest or not."""
    hero, world, thing = n.hero, n.world, n.thing
    n.say(f"{hero.they} dropped it ")
    place = n.someplace()
    n.say(", and ")
    finder = n.someone()
    n.say(" found it")
    if hero.place is not place:
        world.go(hero, place)
    world.lay(hero, thing, place)
    finder.place = place
    result = world.take(finder, thing)
    world.go(hero, HOME)
    n.ask(f"Who found {thing.the} {place.at}?", f"{finder.name}.")
    remaining = n.pick(
        (
            " and brought it back.",
            " and ran after {them} with it.".replace("{them}", hero.them),
            " and kept it.",
        )
    )
    if remaining < 2:
        world.go(finder, HOME)
        world.give(finder, hero, thing)
        n.say(f" {n.outcome}")
    else:
        n.one_of(f" {hero.name} was sorry for a day.", f" {hero.name} began to want something else.")
        sorry = world.happen(
            f"{hero.name} was sorry", world.happen(f"{finder.name} kept {thing.the}", result)
        )
        n.ask_why(f"Why was {hero.name} sorry?", sorry)


def give_back(n: Narrator, lender: Being) -> None:
    hero, world, thing = n.hero, n.world, n.thing
    n.one_of(" The next day ", " A week later ", " In spring ")
    n.say(f"{hero.they} took it back to {lender.name}, because it was {lender.theirs}.")
    assert lender.place is not None
    if hero.place is not lender.place:
        world.go(hero, lender.place)
    because = world.happen(f"it was {lender.theirs}")
    event = world.give(hero, lender, thing, because)
    n.ask_why(f"Why did {hero.name} take {thing.the} back to {lender.name}?", event)
