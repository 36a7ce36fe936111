"""What the world is made of. A number beside a word is its weight: how often, against the others."""

from dataclasses import dataclass

from groundup.text.storyworld.world import StoryPlace

# Name, she or he, weight. Some people are met more often than others, as in any village.
PEOPLE = (
    ("Mira", "she", 3), ("Tom", "he", 3), ("Ruth", "she", 3), ("Otto", "he", 3),
    ("Anna", "she", 2), ("Ben", "he", 2), ("Nell", "she", 2), ("Hugo", "he", 2),
    ("Ida", "she", 2), ("Finn", "he", 2), ("Vera", "she", 2), ("Karl", "he", 2),
    ("Lucy", "she", 1), ("Sam", "he", 1), ("Greta", "she", 1), ("Jonas", "he", 1),
    ("Olga", "she", 1), ("Peter", "he", 1), ("Clara", "she", 1), ("Emil", "he", 1),
    ("Wanda", "she", 1), ("Leo", "he", 1), ("Hilda", "she", 1), ("Rolf", "he", 1),
)  # fmt: skip
JOBS = (
    "baker", "miller", "smith", "tailor", "teacher", "farmer", "fisher", "painter", "cook", "nurse",
    "singer", "guard", "barber", "potter", "weaver", "shepherd", "mason", "sailor", "doctor", "poet",
    "judge", "driver", "roofer", "porter",
)  # fmt: skip

WEATHER = {"fine": 4, "windy": 3, "wet": 3, "snowy": 2, "hot": 2, "foggy": 2}
WEATHER_GONE = {
    "windy": "the wind had dropped",
    "wet": "the rain had stopped",
    "snowy": "the snow had melted",
    "hot": "the sun had gone in",
    "foggy": "the fog had lifted",
}
TIMES = {"morning": 3, "afternoon": 2, "day": 3}
ADJECTIVES = (  # 32 of them: 5 bits each
    "red", "blue", "green", "yellow", "white", "brown", "grey", "pink", "little", "good", "old", "new",
    "fine", "plain", "crooked", "heavy", "clean", "dusty", "odd", "second-best", "black", "golden", "soft",
    "wooden", "striped", "cheap", "rusty", "royal", "wet", "round", "famous", "thin",
)  # fmt: skip

PLACES = (
    StoryPlace("in the barn", "the barn", locks=True),
    StoryPlace("in the mill", "the mill", locks=True),
    StoryPlace("by the pond", "the pond"),
    StoryPlace("under the bridge", "the bridge"),
    StoryPlace("on the hill", "the hill"),
    StoryPlace("in the orchard", "the orchard"),
    StoryPlace("at the market", "the market"),
    StoryPlace("at the inn", "the inn"),
    StoryPlace("at the forge", "the forge"),
    StoryPlace("at the school", "the school", locks=True),
    StoryPlace("in the chapel", "the chapel", locks=True),
    StoryPlace("in the garden", "the garden"),
    StoryPlace("in the attic", "the attic", locks=True),
    StoryPlace("in the cellar", "the cellar", locks=True),
    StoryPlace("in the boathouse", "the boathouse", locks=True),
    StoryPlace("at the station", "the station"),
    StoryPlace("in the stable", "the stable", locks=True),
    StoryPlace("by the river", "the river"),
    StoryPlace("at the bakery", "the bakery"),
    StoryPlace("behind the well", "the well"),
)
(BARN, MILL, POND, BRIDGE, HILL, ORCHARD, MARKET, INN, FORGE, SCHOOL, CHAPEL, GARDEN, ATTIC, CELLAR,
 BOATHOUSE, STATION, STABLE, RIVER, BAKERY, WELL) = PLACES  # fmt: skip
HOME = StoryPlace("at home", "home")  # where stories end; nothing is lost there
ROAD = StoryPlace("on the road", "the road")
SPOTS = (
    "under", "behind", "beside", "on", "near", "beneath",
)  # fmt: skip
COVERS = (
    "sack", "barrel", "box", "bench", "boot", "cloth", "stone", "hen", "door", "pot", "chair", "cart",
    "tub", "trunk", "cushion", "goose",
)  # fmt: skip
INSTEAD = (
    "cat", "dog", "glove", "spider", "sandwich", "frog", "shoe", "owl", "button", "jar", "mouse", "puddle",
    "hedgehog", "letter", "potato", "sock",
)  # fmt: skip

# What people look after, work on, think and dream about. 64 of them: 6 bits each.
MANY = (
    "geese", "spoons", "turnips", "ducks", "eels", "nails", "bees", "hens", "letters", "trains", "kings",
    "ghosts", "potatoes", "snails", "buttons", "uncles", "whales", "apples", "sheep", "windows", "puddings",
    "doors", "mice", "aunts", "rabbits", "bricks", "chairs", "songs", "onions", "clouds", "hats", "taxes",
    "boots", "frogs", "eggs", "coats", "bells", "pears", "owls", "cakes", "stones", "cousins", "pies",
    "beans", "cows", "shoes", "ships", "bears", "goats", "clocks", "cups", "pots", "fish", "horses",
    "carrots", "sausages", "maps", "plums", "pirates", "roofs", "socks", "spiders", "stairs", "nuts",
)  # fmt: skip
DOINGS = (
    "counting", "painting", "drawing", "looking for", "selling", "singing about", "washing", "dreaming of",
)  # fmt: skip
CHORES = {"stack": "stacked", "wash": "washed", "paint": "painted", "count": "counted", "sort": "sorted",
          "carry": "carried", "sell": "sold", "find": "found"}  # fmt: skip
TASTES = (
    "cold", "hot", "burnt", "fresh", "sweet", "thin", "salty", "more",
)  # fmt: skip
MEALS = (
    "soup", "bread", "eggs", "cheese", "cabbage", "beans", "fish", "porridge", "dumplings", "pancakes",
    "pears", "onions", "sausage", "cake", "turnips", "pie",
)  # fmt: skip


@dataclass(frozen=True)
class Reason:
    """Why a thing is wanted, and what comes of having it. {many} is one of MANY, the same in both.

    `weather` is what must be true for it, if anything.
    """

    why: str
    outcome: str
    weather: str = ""


@dataclass(frozen=True)
class Kind:
    """A sort of thing that people want. What is big, no animal carries off and no wind blows into a tree."""

    name: str
    reasons: tuple[Reason, ...]  # at least two hold in any weather, so that two people can want it
    big: bool = False


KINDS = (
    Kind("kite", (
        Reason("the wind was just right", "{They} flew it until {their} arms were tired.", "windy"),
        Reason("{they} had told a cousin all about it", "The cousin looked at it for a whole minute."),
        Reason("there was no other way to frighten the {many}", "The {many} were frightened a little.")),
    ),
    Kind("lantern", (
        Reason("nobody could see past the gate", "It hung on the gate, and three people found it.", "foggy"),
        Reason("the cellar stairs were dark", "The stairs were not so dark any more."),
        Reason("there were {many} in the dark", "There were no {many}, only a coat on a hook.")),
    ),
    Kind("umbrella", (
        Reason("the rain was coming through {their} hat", "{They} walked home dry.", "wet"),
        Reason("there was no shade", "{They} sat under it all day like a duke.", "hot"),
        Reason("it had begun to rain {many}", "Not one of the {many} hit {them}."),
        Reason("it looked well with {their} coat", "It did look well.")),
    ),
    Kind("sledge", (
        Reason("the hill was white from top to bottom", "{They} went down the hill nine times.", "snowy"),
        Reason("there were {many} to pull home", "The {many} came home before dark."),
        Reason("{they} had promised it to a nephew", "The nephew slept beside it.")), big=True,
    ),
    Kind("ladder", (
        Reason("the roof was leaking", "The roof was mended, and the drips stopped.", "wet"),
        Reason("there were {many} on the roof", "The {many} came down by themselves."),
        Reason("the cat would not come down", "The cat came down by itself.")), big=True,
    ),
    Kind("spade", (
        Reason("the snow had shut the door", "The door was clear by noon, and then the path.", "snowy"),
        Reason("the dog had buried the {many}", "{They} dug up the {many}, and one boot."),
        Reason("there was a stone in the path", "The stone came out. Under it was a bigger stone.")),
    ),
    Kind("net", (
        Reason("a hat had blown into the pond", "The hat was saved. It was never the same.", "windy"),
        Reason("the pond was full of {many}", "{They} caught some {many} and let the small ones go."),
        Reason("the hens were loose", "{They} caught the hens one by one.")),
    ),
    Kind("fiddle", (
        Reason("it was too wet to go out", "{They} played all day, and the neighbours bore it.", "wet"),
        Reason("there was a dance that night", "{They} played at the dance, and nobody sat down."),
        Reason("{they} knew a tune about {many}", "{They} played the tune about {many}, except the end.")),
    ),
    Kind("drum", (
        Reason("the road was full of {many}", "{They} beat it, and the {many} left the road."),
        Reason("the band had lost a drummer", "The band set off, more or less in step.")),
    ),
    Kind("kettle", (
        Reason("the frost was hard", "{They} drank hot tea until {their} ears were warm.", "snowy"),
        Reason("an aunt was coming to tea", "The aunt had three cups and said it would do."),
        Reason("there were {many} to boil", "The boiled {many} tasted of tea.")),
    ),
    Kind("basket", (
        Reason("the plums were ripe", "{They} filled it with plums and came home purple.", "hot"),
        Reason("the kittens had to be moved", "The kittens were moved, and moved back again."),
        Reason("there were {many} to carry", "All the {many} came home but one.")),
    ),
    Kind("blanket", (
        Reason("the stove had gone out", "{They} sat in it until the stove was lit.", "snowy"),
        Reason("there was to be a picnic", "There was a picnic, with ants.", "hot"),
        Reason("it was good against {many}", "There were no more {many} after that."),
        Reason("the baby was cold", "The baby slept until noon.")),
    ),
    Kind("rope", (
        Reason("the bucket had fallen into the well", "The bucket came up again, with a frog in it."),
        Reason("some {many} kept drifting off", "The {many} were tied up, and they stayed.")),
    ),
    Kind("bell", (
        Reason("the sheep were lost in the fog", "{They} rang it, and the sheep came home.", "foggy"),
        Reason("it was the only cure for {many}", "{They} rang it, and was cured of {many}."),
        Reason("the cow liked to hide", "After that the cow was easy to find.")),
    ),
    Kind("map", (
        Reason("the road was hidden in the fog", "{They} kept to the road and was home by dark.", "foggy"),
        Reason("{they} had an uncle beyond the hills", "{They} found the uncle, who was out."),
        Reason("there was treasure on it", "The treasure was a spoon.")),
    ),
    Kind("book", (
        Reason("it was a day for reading", "{They} read until the candle was gone.", "wet"),
        Reason("it was all about {many}", "There was less in it about {many} than {they} had hoped."),
        Reason("the table had one short leg", "The table stood straight at last.")),
    ),
    Kind("clock", (
        Reason("{they} was late for everything", "{They} was on time for a week."),
        Reason("it frightened the {many}", "It ticked, and the {many} kept away.")),
    ),
    Kind("saw", (
        Reason("a tree had blown across the road", "By noon the road was open again.", "windy"),
        Reason("there were {many} to cut in two", "There were soon twice as many {many}."),
        Reason("the table was too long for the room", "The table was now too short.")),
    ),
    Kind("broom", (
        Reason("there were {many} all over the floor", "The {many} were now all over the yard."),
        Reason("a mouse lived under the stove", "The mouse moved next door.")),
    ),
    Kind("hat", (
        Reason("the sun was fierce", "{They} worked all day in the shade of it.", "hot"),
        Reason("it was the fashion among the {many}", "Even the {many} looked at it."),
        Reason("{their} ears were cold", "The ears were warm again.")),
    ),
    Kind("bucket", (
        Reason("the lettuces were dying of thirst", "The lettuces stood up again.", "hot"),
        Reason("the cow had to be milked", "{They} milked the cow, who did not care."),
        Reason("there was nowhere to keep the {many}", "The {many} fitted in, with one on top.")),
    ),
    Kind("barrow", (
        Reason("there were {many} to fetch", "All the {many} came home, and one stone."),
        Reason("the pig would not walk to the fair", "The pig rode to the fair and looked about.")), big=True,
    ),
)  # fmt: skip

# An animal lets go of anything for one thing only.
ANIMALS = {
    "goat": "cabbage", "magpie": "button", "dog": "bone", "cat": "herring", "donkey": "carrot",
    "goose": "crust", "pig": "turnip", "crow": "nut", "bear": "jar of honey", "mouse": "cheese",
}  # fmt: skip
GOODS = (
    "jar of honey", "loaf", "cheese", "ball of wool", "box of nails", "candle", "spoon", "bag of flour",
    "ribbon", "whistle", "cup", "pencil", "feather", "bottle of ink", "bar of soap", "comb",
)  # fmt: skip
SUPPLIES = (
    "pot of glue", "ball of string", "box of nails", "pin",
)  # fmt: skip
POCKET = (
    "button", "bone", "carrot", "crust", "nut", "candle", "spoon", "ribbon", "whistle", "cup", "pencil",
    "feather", "comb", "pin", "ball of string", "box of nails", "cheese", "turnip", "herring", "loaf",
)  # fmt: skip
HOMES = {  # where such a thing is always to be had
    "cabbage": GARDEN, "button": ATTIC, "bone": INN, "herring": MARKET, "carrot": GARDEN, "crust": INN,
    "turnip": CELLAR, "nut": ORCHARD, "jar of honey": GARDEN, "loaf": BAKERY, "cheese": CELLAR,
    "ball of wool": BARN, "box of nails": FORGE, "candle": CHAPEL, "spoon": INN, "bag of flour": MILL,
    "pot of glue": SCHOOL, "ball of string": ATTIC, "pin": MARKET, "stepladder": BARN,
    "hook": FORGE, "axe": BARN, "rake": GARDEN, "pole": ORCHARD, "ribbon": MARKET,
    "whistle": STATION, "cup": INN, "pencil": SCHOOL, "feather": STABLE, "bottle of ink": SCHOOL,
    "bar of soap": RIVER, "comb": ATTIC,
}  # fmt: skip

# Where a thing gets stuck: the phrase, the tool for it, the place, the weather it takes.
STUCK = (
    ("up the tall tree in the orchard", "stepladder", ORCHARD, ""),
    ("down the well in the garden", "hook", GARDEN, ""),
    ("on the roof of the chapel", "stepladder", CHAPEL, ""),
    ("in the thorns on the hill", "rake", HILL, ""),
    ("behind the stove at the inn", "pole", INN, ""),
    ("under the ice of the pond", "axe", POND, "snowy"),
)
STUCK_BECAUSE = (
    ("a magpie had dropped it there", ""),
    ("somebody had thrown it at some {many}", ""),
    ("the children had played with it", ""),
    ("some {many} had hidden it", ""),
    ("the wind had carried it off", "windy"),
    ("a flood had washed it there", "wet"),
)
BROKEN_BECAUSE = (
    "a cow had sat on it",
    "{they} had dropped it on some {many}",
    "the {many} had gone over it",
    "some {many} had fallen on it",
)
LEFT_WHEN = (
    "when the bell rang",
    "while thinking of {many}",
    "on the way to see the {many}",
    "when some {many} came after {them}",
    "to look at a cloud",
    "in a great hurry",
)
MOVED_BECAUSE = (
    "it was in the way of the {many}",
    "a hen was sitting on it",
    "it made room for {many}",
    "it was getting dusty",
)
FORGOTTEN, NOT_DONE, SCRATCHED = "{they} had forgotten", "{they} was not done with it", "it had a scratch"

# Sentence ends for somebody on the way, with weights. Those that end in a space want one of MANY.
# The last lines need their weather.
TAILS = {
    ".": 3,
    ", whistling.": 1,
    " the short way.": 1,
    " at once.": 1,
    ", singing about ": 4,
    ", thinking of ": 6,
    ", looking out for ": 3,
}
WEATHER_TAILS = {
    "fine": {" in the sun.": 2, ", picking flowers.": 1},
    "windy": {", holding on to {their} hat.": 2, " against the wind.": 1},
    "wet": {" in the rain.": 2, ", jumping over puddles.": 1},
    "snowy": {" through the snow.": 2, ", leaving deep tracks.": 1},
    "hot": {", keeping to the shade.": 2, ", rather slowly.": 1},
    "foggy": {", feeling {their} way along the wall.": 1, " through the fog.": 2},
}
