"""How one thing is got from a person, or from where it is: the steps that every plot is built of.

The two call each other: a person who wants a cheese for a key sends the hero after a cheese, and the cheese
may be another person's. `depth` ends that: the second person never sends the hero to a third.
"""

from groundup.text.storyworld.narrator import Narrator
from groundup.text.storyworld.words import CHORES, GOODS, HOMES, MANY
from groundup.text.storyworld.world import Being, StoryEvent, Thing

KIND, TRADER, BUSY = "kind", "trader", "busy"
MANNERS = (  # what is said of a person, and what it means
    ("was kind", KIND),
    ("never said no", KIND),
    ("liked a bargain", TRADER),
    ("gave nothing away", TRADER),
    ("had too much to do", BUSY),
    ("was behind with the work", BUSY),
)


def manner(n: Narrator, owner: Being, depth: int) -> str:
    """Says what a person is like. It tells how that person will answer."""
    n.say(f" {owner.name} ")
    ways = [manner for manner in MANNERS if depth == 0 or manner[1] != TRADER]
    how = n.choose(ways, lambda manner: manner[0])[1]
    n.say(".")
    return how


def persuade(
    n: Narrator, owner: Being, thing: Thing, how: str, depth: int, *, lend: bool = False
) -> StoryEvent:
    """The hero asks the owner for the thing and gets it, in the way that is the owner's manner.

    Every owner gives; a kind owner can `lend`. Returns the giving, with its cause.
    """
    hero, world = n.hero, n.world
    n.visit(owner)
    verb = "give"
    if how == KIND:
        verb, past = ("lend", "lent") if lend else ("give", "gave")
        because = world.happen(f"{owner.they} was kind")
        event = world.give(owner, hero, thing, because, f"{owner.name} {past} {hero.them} {thing.the}")
        n.say(f" {owner.name} ")
        n.one_of(past, f"at once {past}", f"gladly {past}", f"smiled and {past}")
        n.say(f" {hero.them} {thing.the}.")
    elif how == BUSY:
        because = world.happen(f"{hero.they} had helped {owner.name} {help_out(n, owner)}")
        event = world.give(owner, hero, thing, because)
        n.one_of(" Then", " After that", " In return")
        n.say(f" {owner.name} gave {hero.them} {thing.the}.")
    else:
        because = world.give(hero, owner, pay(n, owner))
        event = world.give(owner, hero, thing, because)
        n.say(f" and {owner.name} gave {hero.them} {thing.the}.")
    n.ask_why(f"Why did {owner.name} {verb} {hero.name} {thing.the}?", event)
    return event


def help_out(n: Narrator, owner: Being) -> str:
    """The hero does what the owner has no time for. Returns what, as in 'helped Nell stack the wood'."""
    n.one_of(' "First help me ', ' "Help me ', ' "You could ')
    verb = n.choose(list(CHORES))
    n.say(" the ")
    text = "the " + n.choose(MANY)
    n.say(f'," said {owner.name}. So they {CHORES[verb]} {text}')
    ends = {
        ".": 2,
        " until noon.": 2,
        " twice.": 1,
        ", and it took long.": 2,
        ", and neither was good at it.": 1,
        ", and talked about ": 6,
    }
    if n.choose(list(ends), weights=list(ends.values())).endswith("about "):
        n.many()
        n.say(".")
    return f"{verb} {text}"


def pay(n: Narrator, owner: Being) -> Thing:
    """The hero brings what the owner wants for it."""
    hero = n.hero
    had = [thing.kind for thing in n.world.held_by(hero)]
    weights = [3 if kind in had else 1 for kind in GOODS]  # people want what they see
    kind = n.choose(GOODS, lambda kind: f' "Bring me {Thing(kind).a}," said {owner.name}.', weights)
    price = fetch(n, kind, 1)
    n.visit(owner)
    n.say(f" {hero.name} gave {owner.them} {price.the},")
    n.ask(f"Who has {price.the} now?", f"{owner.name}.")
    return price


def fetch(n: Narrator, kind: str, depth: int) -> Thing:
    """The hero gets what the plot needs: from the pocket, from where such things are, or from a person."""
    hero, world = n.hero, n.world
    for thing in world.held_by(hero):
        if thing.kind == kind:
            n.say(f" {n.subject(hero)} had one in {hero.their} pocket.")
            return thing
    if n.pick((" There was ", " But "), (3, 1)) == 0:
        home = HOMES[kind]
        n.use(home)
        thing = n.new(kind)
        n.say(f" {home.at}.")
        world.put(thing, home)
        n.walk(home)
        n.say(f" {n.subject(hero)} ")
        if n.pick(("took it", "found it "), (1, 3)) == 1:
            n.spot()
        n.say(".")
        world.take(hero, thing)
    else:
        owner = n.someone()
        n.say(" had ")
        thing = n.new(kind)
        n.say(".")
        world.put(thing, owner)
        persuade(n, owner, thing, manner(n, owner, depth), depth)
    return thing
