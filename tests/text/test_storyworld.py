"""storyworld: the same text everywhere, a world that holds together, and an entropy that is exact."""

import hashlib
import math
import re
import sys
from collections import Counter
from itertools import islice, pairwise

import pytest

from groundup.common.errors import GroundupError
from groundup.text import storyworld
from groundup.text.storyworld import (
    bits_per_character,
    entropy,
    expected_rate,
    floor_note,
    measure,
    next_characters,
    plots,
    stories,
    surprisal,
    trace,
    words,
)
from groundup.text.storyworld import narrator as narrator_module
from groundup.text.storyworld.choices import Roller, read
from groundup.text.storyworld.narrator import Narrator
from groundup.text.storyworld.story import tell_story
from groundup.text.storyworld.world import Being, ImpossibleError, StoryPlace, Thing, World


def some(count: int, seed: int) -> list[str]:
    return list(islice(stories(10**9, seed), count))


# The text


def test_first_ten_kilobytes_are_the_same_everywhere():
    text = "".join(stories(10_000, seed=0))[:10_000]
    assert hashlib.sha256(text.encode("ascii")).hexdigest() == (
        "ed0629a5bb5afb145a9fc7374e306a102d9f2b99b22dd5c7e94072b71f550699"
    )


def test_stories_are_whole_and_fill_the_size_and_no_more():
    texts = list(stories(20_000, seed=1))
    assert sum(map(len, texts)) >= 20_000 > sum(map(len, texts[:-1]))
    for text in texts:
        assert text.isascii()
        assert text.endswith("\n\n")
        assert text.count("\n") == 3
        assert "  " not in text
        assert "{" not in text
        assert 250 < len(text) < 1500


def test_larger_size_only_adds_and_another_seed_differs():
    assert list(stories(9_000, seed=4)) == list(stories(30_000, seed=4))[: len(list(stories(9_000, seed=4)))]
    assert next(stories(1, seed=4)) != next(stories(1, seed=5))


@pytest.mark.parametrize("call", [lambda: stories(0), lambda: stories(100, seed=-1), lambda: measure("")])
def test_wrong_input_is_an_error_that_says_what_to_do(call):
    with pytest.raises(GroundupError) as caught:
        call()
    assert caught.value.hint


# The world


def world_of(seed: int) -> tuple[World, str]:
    roller = Roller(seed)
    world = tell_story(roller)
    return world, roller.text


@pytest.mark.parametrize("seed", range(0, 600, 100))
def test_replaying_the_log_moves_things_only_as_things_can_move(seed):
    for item in range(seed, seed + 100):
        world, _ = world_of(item)
        where: dict[Thing, object] = {}
        at: dict[Being, StoryPlace] = {}
        for number, event in enumerate(world.log):
            assert event.because is None or event.because in world.log[:number]
            if event.verb == "went":
                at[event.who] = event.to
            elif event.verb == "was with":
                assert event.thing not in where
                where[event.thing] = event.to
            elif event.verb == "took":
                assert isinstance(where[event.thing], StoryPlace)
                assert at.get(event.who, where[event.thing]) is where[event.thing]
                where[event.thing] = event.who
            elif event.verb in {"left", "gave"}:
                assert where[event.thing] is event.who
                where[event.thing] = event.to
        assert {thing: thing.where for thing in world.things} == where


@pytest.mark.parametrize("seed", range(0, 600, 100))
def test_every_because_is_a_cause_in_the_log(seed):
    for number in range(seed, seed + 100):
        world, text = world_of(number)
        causes = {event.because.clause for event in world.log if event.because}
        for name, they, _ in words.PEOPLE:  # a cause may be told of "she" and kept under her name
            causes |= {they + cause.removeprefix(name) for cause in causes if cause.startswith(f"{name} ")}
        plain = re.sub(rf" the ({'|'.join(words.JOBS)})\b", "", text)
        message = [
            part
            for clause in re.findall(r"[Bb]ecause ([^.\n]+)\.", plain)
            for part in clause.split(", because ")
        ]
        assert message
        for clause in message:
            assert clause in causes, text


def test_the_answer_who_has_it_is_where_the_world_has_it():
    asked = 0
    for seed in range(600):
        world, text = world_of(seed)
        if match := re.search(r"Who has the (.+) now\? (\w+)\.\n", text):
            asked += 1
            (thing,) = [thing for thing in world.things if thing.name == match[1]]
            assert thing.where.name == match[2]
        if match := re.search(r"What else does (\w+) have now\? (.+)\.\n", text):
            asked += 1
            held = {t.a for t in world.things if isinstance(t.where, Being) and t.where.name == match[1]}
            result = set(re.split(r", | and ", match[2][0].lower() + match[2][1:]))
            assert result <= held
            assert len(held - result) <= 1  # the thing the story is about
    assert asked > 50


def test_the_world_refuses_what_cannot_be():
    world, barn, mill = World(), words.BARN, words.MILL
    mira, tom, kite = Being("Mira", place=barn), Being("Tom", place=mill), Thing("red kite")
    world.put(kite, mill)
    with pytest.raises(ImpossibleError, match="red kite is not where Mira is"):
        world.take(mira, kite)
    with pytest.raises(ImpossibleError, match="Tom does not hold"):
        world.give(tom, mira, kite)
    with pytest.raises(ImpossibleError, match="Tom does not hold"):
        world.lay(tom, kite, mill)
    world.take(tom, kite)
    with pytest.raises(ImpossibleError, match="not in one place"):
        world.give(tom, mira, kite)
    with pytest.raises(ImpossibleError, match="already is somewhere"):
        world.put(kite, barn)
    with pytest.raises(ImpossibleError, match="Tom does not know"):
        world.learn(mira, kite, tom)
    with pytest.raises(ImpossibleError, match="has not happened"):
        world.happen("Mira was glad", World().happen("of another world"))
    world.go(mira, mill)
    world.give(tom, mira, kite)
    assert kite.where is mira


def test_words_fit_together():
    for kind in words.KINDS:
        for weather in words.WEATHER:
            assert sum(reason.weather in ("", weather) for reason in kind.reasons) >= 2, (kind.name, weather)
    fetched = {*words.ANIMALS.values(), *words.GOODS, *words.SUPPLIES, *(spot[1] for spot in words.STUCK)}
    assert fetched <= words.HOMES.keys()
    assert not {kind.name for kind in words.KINDS} & ({*words.POCKET} | fetched)
    assert {reason.weather for kind in words.KINDS for reason in kind.reasons} - {
        ""
    } <= words.WEATHER_GONE.keys()


# The entropy


@pytest.mark.parametrize("seed", range(400))
def test_the_text_gives_back_every_choice_exactly(seed):
    roller = Roller(seed)
    tell_story(roller)
    steps = read(roller.text, tell_story)
    assert [step.text for step in steps] == [*roller.parts, ""]
    assert math.fsum(step.bits for step in steps) == math.fsum(roller.bits) == surprisal(roller.text)
    # What the picks cost on average, worked out here from the weights that were read.
    averages = []
    for step in steps[:-1]:
        weights = step.weights or [1] * len(step.options)
        averages += [-w / sum(weights) * math.log2(w / sum(weights)) for w in weights]
    assert math.fsum(roller.expected) == pytest.approx(math.fsum(averages), rel=1e-12)


def test_no_option_begins_another():
    class Checking(Roller):
        def pick(self, options, weights=None):
            ordered = sorted(options)
            # In sorted order, whatever begins another option stands directly before one that it begins.
            assert not any(b.startswith(a) for a, b in pairwise(ordered)), ordered
            assert weights is None or (len(weights) == len(options) and min(weights) >= 1)
            return super().pick(options, weights)

    chance = Checking(7)
    for _ in range(3000):
        chance.restart()
        tell_story(chance)


@pytest.mark.slow
def test_many_stories_cost_the_sum_of_each():
    texts = some(30, seed=11)
    assert surprisal("".join(texts)) == pytest.approx(sum(map(surprisal, texts)), rel=1e-12)


class Scripted:
    """Walks through every chain of picks of a process."""

    def __init__(self) -> None:
        self.script: list[int] = []

    def start(self) -> None:
        self.text, self.p, self.entropy = "", 1.0, 0.0
        self.sizes: list[int] = []

    def say(self, text):
        self.text += text

    def pick(self, options, weights=None):
        weights = list(weights or [1] * len(options))
        if len(self.sizes) == len(self.script):
            self.script.append(0)
        chosen = self.script[len(self.sizes)]
        self.sizes.append(len(options))
        shares = [weight / sum(weights) for weight in weights]
        self.p *= shares[chosen]
        self.entropy += -sum(p * math.log2(p) for p in shares)
        self.text += options[chosen]
        return chosen

    def advance(self) -> bool:
        while self.script and self.script[-1] == self.sizes[len(self.script) - 1] - 1:
            self.script.pop()
        if self.script:
            self.script[-1] += 1
        return bool(self.script)


def test_a_small_process_enumerated_whole(monkeypatch):
    """The search of three places, with few words: all texts, their probabilities, their entropy."""
    monkeypatch.setattr(narrator_module, "ADJECTIVES", ("red", "odd"))
    monkeypatch.setattr(narrator_module, "SPOTS", ("on", "under"))
    monkeypatch.setattr(narrator_module, "COVERS", ("sack",))
    monkeypatch.setattr(narrator_module, "PLACES", words.PLACES[:3])
    monkeypatch.setattr(plots, "INSTEAD", ("cat",))

    def tell(chance) -> None:
        n = Narrator(chance)
        n.hero, n.thing = Being("Mira", "she", "her", "her", "hers"), Thing("red kite", "kite")
        plots.search(n)
        n.say("\n")

    chance, p_of, chain = Scripted(), {}, 0.0
    looks = Counter()  # how many places were searched, to probability
    going = True
    while going:
        chance.start()
        tell(chance)
        assert chance.text not in p_of  # no text comes about in two ways
        p_of[chance.text] = chance.p
        looks[len(re.findall(r" (?:looked|tried) (?:first|next) |That left", chance.text))] += chance.p
        chain += chance.p * chance.entropy
        going = chance.advance()

    assert len(p_of) == 3600
    assert math.fsum(p_of.values()) == pytest.approx(1, abs=1e-12)
    exact = math.fsum(-p * math.log2(p) for p in p_of.values())
    assert chain == pytest.approx(exact, rel=1e-12)  # the entropies of the picks add up to that of the text
    for text, p in p_of.items():
        assert sum(step.bits for step in read(text, tell)) == pytest.approx(-math.log2(p), rel=1e-12)
    # Had it been hidden first, in a place drawn by lot, it would turn up at each look with chance 1/3.
    assert [looks[n] for n in (1, 2, 3)] == pytest.approx([1 / 3] * 3, abs=1e-12)


def test_the_expected_rate_agrees_with_the_surprisal_of_other_stories():
    rate = expected_rate()
    texts = some(800, seed=12345)
    bits, sizes = [surprisal(text) for text in texts], [len(text) for text in texts]
    mean = sum(bits) / sum(sizes)
    residual = sum((b - mean * size) ** 2 for b, size in zip(bits, sizes, strict=True)) / (len(texts) - 1)
    error = math.sqrt(residual / len(texts)) / (sum(sizes) / len(texts))
    assert abs(mean - rate.bits_per_byte) < 4 * math.hypot(error, rate.standard_error)
    assert error < 0.01 * mean  # or the line above could hold for a wrong rate


def test_how_often_a_weather_is_told_agrees_with_its_weight():
    counter = Counter(re.match(r"(?:One|It was a) (\w+) ", text)[1] for text in some(2000, seed=77))
    for weather, weight in words.WEATHER.items():
        p = weight / sum(words.WEATHER.values())
        assert abs(counter[weather] - 2000 * p) < 4.5 * math.sqrt(2000 * p * (1 - p))


def test_entropy_of_a_text():
    result = entropy(30_000, seed=2)
    texts = list(stories(30_000, seed=2))
    assert result == measure("".join(texts))
    assert result.stories == len(texts)
    assert result.bytes == sum(map(len, texts))
    assert result.bits_per_byte == result.bits / result.bytes
    assert 0.15 < result.bits_per_byte < 0.8
    assert f"{result.bits_per_byte:.4f}" in floor_note(result)


def test_trace_shows_all_of_the_text_and_all_of_its_bits():
    for text in some(20, seed=3):
        fragments = trace(text)
        assert "".join(part for part, _ in fragments) == text
        assert math.fsum(bits for _, bits in fragments) == pytest.approx(surprisal(text), rel=1e-12)
        assert all(bits >= 0 for _, bits in fragments)


def test_bits_per_character_are_the_chain_rule_and_next_characters_the_perfect_model():
    text = "".join(some(2, seed=21))
    bits = bits_per_character(text)
    assert len(bits) == len(text)
    for n in range(0, len(text), 7):
        following = next_characters(text[:n])
        assert sum(following.values()) == pytest.approx(1)
        assert -math.log2(following[text[n]]) == pytest.approx(bits[n], abs=1e-9)
        assert surprisal(text[:n]) == pytest.approx(math.fsum(bits[:n]), abs=1e-9)


def test_any_character_that_can_follow_leads_on_and_no_other():
    text = some(1, seed=5)[0]
    for n in range(0, len(text), 11):
        following = next_characters(text[:n])
        for character in following:
            surprisal(text[:n] + character)
        with pytest.raises(GroundupError):
            surprisal(text[:n] + next(c for c in "zq%" if c not in following))


@pytest.mark.parametrize("text", ["Call me Ishmael.", "one windy", "\n", "It was a fine day.  Tom"])
def test_text_that_the_world_cannot_write(text):
    with pytest.raises(GroundupError, match=r"not from storyworld: at character \d+") as caught:
        surprisal(text)
    assert "first letter of a story" in caught.value.hint


def test_a_false_answer_is_not_of_the_world():
    tried = 0
    for text in some(200, seed=31):
        if match := re.search(r"now\? (Mira|Tom|Ruth|Otto)\.\n", text):
            tried += 1
            other = "Wanda" if "Wanda" not in text else "Rolf"
            with pytest.raises(GroundupError):
                surprisal(text[: match.start(1)] + other + text[match.end(1) :])
    assert tried > 3


def test_the_command_prints_stories_and_their_bits(monkeypatch, capsys):
    from groundup.text.storyworld.__main__ import main

    monkeypatch.setattr(sys, "argv", ["storyworld", "--seed", "3", "--stories", "2"])
    main()
    plain = capsys.readouterr().out
    assert plain.startswith("".join(some(2, seed=3)))
    monkeypatch.setattr(sys, "argv", ["storyworld", "--seed", "3", "--stories", "2", "--bits"])
    main()
    assert re.sub(r"\[\d+\.\d\]", "", capsys.readouterr().out) == plain


def test_everything_public_is_named():
    assert all(hasattr(storyworld, name) for name in storyworld.__all__)
