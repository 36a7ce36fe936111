"""The plots: why the hero does not have the thing, and how that changes. Each returns how the hero got it."""

from collections.abc import Callable
from dataclasses import dataclass

from groundup.text.storyworld.errands import KIND, fetch, manner, persuade
from groundup.text.storyworld.narrator import Narrator
from groundup.text.storyworld.words import (
    ANIMALS,
    BROKEN_BECAUSE,
    FORGOTTEN,
    GOODS,
    INSTEAD,
    LEFT_WHEN,
    MOVED_BECAUSE,
    NOT_DONE,
    PLACES,
    SCRATCHED,
    STUCK,
    STUCK_BECAUSE,
    SUPPLIES,
)
from groundup.text.storyworld.world import Being, StoryEvent, StoryPlace, Thing


@dataclass
class Got:
    event: StoryEvent  # by which the hero came to have the thing
    lender: Being | None = None  # who is to have it back


def find(n: Narrator, place: StoryPlace) -> StoryEvent:
    """The hero stands where the thing lies, sees it and takes it."""
    n.one_of(" There it was, ", " It was ")
    return seize(n, place)


def seize(n: Narrator, place: StoryPlace) -> StoryEvent:
    """Says just where it lay."""
    spot = n.spot()
    n.say(".")
    n.ask(f"Where did {n.hero.name} find {n.thing.the}?", f"{place.at.capitalize()}, {spot}.")
    return n.world.take(n.hero, n.thing)


def lost(n: Narrator) -> Got:
    """A person left it somewhere. The hero searches three places, or asks who has seen it."""
    hero, world, thing = n.hero, n.world, n.thing
    loser = n.someone_or(hero)
    n.say(" had left it somewhere ")
    when = n.told(LEFT_WHEN, loser)
    n.say(".")
    left = world.happen(f"{loser.name} had left it somewhere {when}")
    n.ask_why(f"Why was {thing.the} lost?", world.happen(f"{thing.the} was lost", left))
    if n.pick((" It could be ", f" {hero.name} asked ")) == 0:
        return Got(search(n))
    return Got(inquire(n))


def search(n: Narrator) -> StoryEvent:
    """Three places, in any order. Wherever it is told that the thing lies, it lay there all along."""
    hero, world, thing = n.hero, n.world, n.thing
    left = []
    for joint in (", ", " or ", "."):
        left.append(n.someplace())
        n.say(joint)
    for turn in ("first", "next"):
        n.say(f" {n.subject(hero)} ")
        n.one_of(f"looked {turn} ", f"tried {turn} ")
        place = n.choose(left, lambda place: place.at)
        n.say(".")
        world.go(hero, place)
        if turn == "first":
            n.ask(f"Where did {hero.name} look first?", f"{place.at.capitalize()}.")
        left.remove(place)
        # Each place not yet searched is as likely as the others: 1 against the number that are left.
        if n.pick((" There it was, ", " There was only "), (1, len(left))) == 0:
            break
        n.new(*INSTEAD)
        n.say(".")
    else:
        place = left[0]
        n.say(f" That left {place.the}. There it was, ")
        world.go(hero, place)
    world.put(thing, place)
    return seize(n, place)


def inquire(n: Narrator) -> StoryEvent:
    """The hero asks one person, or two, or three; the last has seen it."""
    hero, world, thing = n.hero, n.world, n.thing
    for turn in (1, 2, 3):
        witness = n.someone()
        n.say(".")
        answers = (f" {witness.name} had seen it ", f" {witness.name} had been ")
        if turn == 3:
            n.say(answers[0])
        if turn == 3 or n.pick(answers, (2, 1)) == 0:
            break
        n.doing(witness)
        n.one_of(" and had not.", " all day.", " and had seen nothing.")
        n.say(f" So {hero.name} asked ")
    place = n.someplace()
    n.say(", while ")
    doing = n.doing(witness)
    n.say(".")
    world.put(thing, place)
    witness.knows[thing] = place
    world.learn(hero, thing, witness)
    n.ask(f"Who had seen {thing.the}?", f"{witness.name}, while {doing}.")
    n.walk(place)
    return find(n, place)


def animal(n: Narrator) -> Got:
    """An animal has it, and knows its price."""
    hero, world, thing = n.hero, n.world, n.thing
    name = n.choose(list(ANIMALS))
    n.one_of(
        " had carried it off to ", " had run off with it to ", " had taken it to ", " had dragged it to "
    )
    place = n.someplace(lambda place: place.the)
    n.say(".")
    beast, target = Being(f"the {name}", place=place), Thing(ANIMALS[name])
    world.put(thing, beast)
    n.walk(place)
    n.one_of(
        f" The {name} would not let go.",
        f" The {name} looked at {hero.them} and kept it.",
        f" The {name} had plans of its own.",
        f" The {name} said nothing.",
    )
    n.one_of(f" But a {name} will do anything for {target.a}.", f" What a {name} wants is {target.a}.")
    food = fetch(n, target.name, 1)
    n.walk(place)
    n.say(f" {hero.name} gave the {name} {food.the}, and ")
    n.one_of(
        "it let go.",
        "it let go at once.",
        "it thought it over and let go.",
        "so both were content.",
    )
    fed = world.give(hero, beast, food)
    event = world.give(beast, hero, thing, fed, f"{beast.name} let go of {thing.the}")
    n.ask_why(f"Why did {beast.name} let go?", event)
    n.ask(f"Who had carried off {thing.the}?", f"A {name}.")
    return Got(event)


def owned(n: Narrator) -> Got:
    """It has an owner, who lends it, sells it, or gives it for help."""
    owner = n.someone()
    n.world.put(n.thing, owner)
    n.say(".")
    how = manner(n, owner, 0)
    event = persuade(n, owner, n.thing, how, 0, lend=True)
    n.thanks(owner)
    return Got(event, owner if how == KIND else None)


def borrowed(n: Narrator) -> Got:
    """It is the hero's own, and lent."""
    hero, world, thing = n.hero, n.world, n.thing
    friend = n.someone()
    n.say(" had borrowed it, because ")
    _, why, outcome = n.explain(friend)
    world.put(thing, friend)
    lent = world.happen(f"{friend.name} had borrowed {thing.the}", world.happen(why))
    n.ask_why(f"Why had {friend.name} borrowed {thing.the}?", lent)
    n.say(f". {friend.name} had not brought it back, because ")
    excuse = n.choose((FORGOTTEN, NOT_DONE, SCRATCHED), friend.fill)
    n.say(".")
    remaining = world.happen(f"{friend.name} had not brought it back", world.happen(friend.fill(excuse)))
    n.ask_why(f"Why had {friend.name} not brought it back?", remaining)
    n.visit(friend)
    mine = world.happen(f"it was {hero.theirs}")
    back = f"{friend.name} gave {thing.the} back"
    if excuse == FORGOTTEN:
        n.one_of(
            f" {friend.name} went red and gave it back.", f' "Oh," said {friend.name}, and gave it back.'
        )
    elif excuse == NOT_DONE:
        n.say(f" So {hero.name} waited. {outcome} Then {friend.name} gave it back.")
    else:
        n.say(f" {friend.name} gave it back with ")
        gift = n.new(*GOODS)
        n.say(".")
        world.put(gift, friend)
        sorry = world.give(friend, hero, gift, world.happen(f"{friend.they} was sorry"))
        n.ask_why(f"Why did {friend.name} give {hero.name} {gift.the}?", sorry)
        n.ask(f"Who has {gift.the} now?", f"{hero.name}.")
    return Got(world.give(friend, hero, thing, mine, back))


def locked(n: Narrator) -> Got:
    """It is behind a lock, and the key has an owner."""
    hero, world, thing = n.hero, n.world, n.thing
    place = n.choose([place for place in PLACES if place.locks], lambda place: place.at)
    n.use(place)
    n.say(". The key belonged to ")
    owner, key = n.someone(), Thing("key")
    world.put(thing, place)
    world.put(key, owner)
    hero.knows[thing] = place
    n.say(".")
    persuade(n, owner, key, manner(n, owner, 0), 0, lend=True)
    n.walk(place)
    n.one_of(" The key turned.", " The key turned at last.", " The key turned, with a groan.")
    n.ask("Who had the key before?", f"{owner.name}.")
    return Got(find(n, place))


def stuck(n: Narrator) -> Got:
    """It can be seen and not reached, and a tool helps."""
    hero, world, thing = n.hero, n.world, n.thing
    spots = [spot for spot in STUCK if spot[3] in ("", world.weather)]
    where, tool_name, place, _ = n.choose(spots, lambda spot: spot[0])
    n.use(place)
    world.put(thing, place)
    n.say(", because ")
    why = n.told([text for text, weather in STUCK_BECAUSE if weather in ("", world.weather)], hero)
    n.say(".")
    n.ask_why(f"Why was {thing.the} stuck?", world.happen(f"{thing.the} was stuck", world.happen(why)))
    n.walk(place)
    n.one_of(f" {hero.They} could not reach it", f" {hero.They} saw it, but could not get it")
    n.say(f" without {Thing(tool_name).a}.")
    tool = fetch(n, tool_name, 1)
    n.walk(place)
    n.one_of(f" With {tool.the} it was easy.", f" {hero.They} got it with {tool.the}, and some bad words.")
    n.ask(f"Where was {thing.the} stuck?", f"{where.capitalize()}.")
    n.ask(f"What did {hero.name} reach it with?", f"With {tool.the}.")
    return Got(world.take(hero, thing, f"{hero.they} had reached {thing.the}"))


def moved(n: Narrator) -> Got:
    """It is not where the hero believes it to be (the story of Sally and Anne).

    Baron-Cohen, Leslie and Frith, "Does the autistic child have a theory of mind?", Cognition 21, 1985.
    """
    hero, world, thing = n.hero, n.world, n.thing
    believed = n.someplace()
    n.say(", but ")
    mover = n.someone()
    n.say(" had moved it to ")
    place = n.someplace(lambda place: place.the)
    n.say(", because ")
    why = n.told(MOVED_BECAUSE, mover)
    n.say(f". {n.subject(hero)} did not know that.")

    world.put(thing, believed)
    hero.knows[thing] = mover.place = believed
    world.take(mover, thing)
    world.go(mover, place)
    world.lay(mover, thing, place)
    n.ask_why(
        f"Why did {mover.name} move it?",
        world.happen(f"{mover.name} moved it", world.happen(why)),
    )

    n.walk(hero.knows[thing])
    n.say(" There was only ")
    n.new(*INSTEAD)
    n.say(".")
    n.one_of(f" {mover.name} came by and told {hero.them}.", f" In the end {mover.name} told {hero.them}.")
    left = world.happen(f"{hero.they} had left it there")
    world.happen(f"{hero.name} looked {believed.at} first", left)
    n.ask(f"Where did {hero.name} look first?", f"{believed.at.capitalize()}, because {left.clause}.")
    n.ask(f"Who knew where {thing.the} was?", f"{mover.name}.")
    world.learn(hero, thing, mover)
    n.walk(place)
    return Got(find(n, place))


def broken(n: Narrator) -> Got:
    """It is at hand, and of no use."""
    hero, world, thing = n.hero, n.world, n.thing
    why = n.told(BROKEN_BECAUSE, hero)
    n.say(". ")
    world.put(thing, hero)
    cause = world.happen(why)
    n.ask_why(f"Why was {thing.the} broken?", world.happen(f"{thing.the} was broken", cause))
    mender = n.someone()
    n.say(" could mend it, but not without ")
    kind = n.choose(SUPPLIES, lambda kind: Thing(kind).a)
    n.say(".")
    supply = fetch(n, kind, 1)
    n.visit(mender)
    n.say(f" {mender.name} took {supply.the} and mended it")
    n.one_of(
        ".", " at once.", ", and talked all the while.", ", and it was nearly straight.", " after lunch."
    )
    brought = world.give(hero, mender, supply, clause=f"{hero.they} had brought {supply.the}")
    world.give(hero, mender, thing)
    n.ask(f"Who mended {thing.the}?", f"{mender.name}, with {supply.the}.")
    return Got(world.give(mender, hero, thing, brought, f"{mender.name} had mended {thing.the}"))


@dataclass(frozen=True)
class Plot:
    opener: str  # the words by which it is told from the others; the plot goes on from there
    tell: Callable[[Narrator], Got]
    weight: int
    big: bool = True  # whether it can happen to a thing that is big


PLOTS = (
    Plot(" It was lost, because ", lost, 4),
    Plot(" But a ", animal, 3, big=False),
    Plot(" It belonged to ", owned, 4),
    Plot(" It was {theirs}, but ", borrowed, 2),
    Plot(" It was locked up ", locked, 2),
    Plot(" It was stuck ", stuck, 2, big=False),
    Plot(" {They} had left it ", moved, 3),
    Plot(" It was broken, because ", broken, 2),
)
