from collections import Counter

from groundup.course.grading.checks import agrees, example


def draw(rng):
    return ("".join(rng.choice(list("aAbn e"), size=rng.integers(5, 12))),)


CHECKS = [
    example("count_letters", ("banana",), {"b": 1, "a": 3, "n": 2}),
    example("count_letters", ("See a sea",), dict(Counter("See a sea"))),
    example("count_letters", ("",), {}, title="a text without letters"),
    agrees("count_letters", lambda text: dict(Counter(text)), draw=draw, title="texts drawn at random"),
]
