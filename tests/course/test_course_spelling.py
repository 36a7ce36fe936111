"""Words: what is misspelt, what is American, what stands twice, and the habits that good prose does without."""

import pytest

from groundup.course.authoring.spelling import check_words, misspelt, own_words, to_american, to_british
from groundup.course.authoring.targets import Passage

KNOWN = own_words(None)
LOOK_AMERICAN = """size sized sizes resize prize seized capsize horizon wizard humorous laborious rigorous actor error
parameter diameter vector tensor for our hour four organ ore"""
RIGHT = """colour behaviour recognised optimisation generalises analysed modelled labelled travelling centre metre
neighbours doesn't it's learner's unlabelled unseen logits softmax derivatives"""


@pytest.fixture
def said(tmp_path):
    """What is said about a text: (line, warning, sentence)."""

    def check(text, words=""):
        file = tmp_path / "lesson.md"
        file.write_text(f"first\n{text}\n", encoding="utf-8")
        (tmp_path / "words.txt").write_text(words, encoding="utf-8")
        faults = check_words([Passage(file, 2, text)], tmp_path)
        return [
            (fault.line, fault.warning, fault.says)
            for fault in faults
            if "dictionary. `pip" not in fault.says
        ]

    return check


@pytest.mark.parametrize(
    ("american", "british"),
    [
        ("color", "colour"), ("colored", "coloured"), ("neighbors", "neighbours"), ("behavior", "behaviour"),
        ("normalize", "normalise"), ("normalization", "normalisation"), ("analyzed", "analysed"),
        ("emphasize", "emphasise"), ("hypothesizes", "hypothesises"), ("center", "centre"), ("modeled", "modelled"),
        ("labeling", "labelling"), ("defense", "defence"), ("gray", "grey"), ("favorite", "favourite"),
    ],
)  # fmt: skip
def test_american_spellings_have_british_twins(american, british):
    assert to_british(american) == british
    assert to_british(british) == british
    assert misspelt(american, frozenset()) == f"'{american}' is American; this course writes '{british}'."


@pytest.mark.parametrize("word", LOOK_AMERICAN.split())
def test_words_that_only_look_american_stay(word):
    assert to_british(word) == word


@pytest.mark.parametrize("word", RIGHT.split())
def test_words_that_are_right_are_known(word):
    pytest.importorskip("spellchecker")
    assert misspelt(word, KNOWN) == ""
    assert misspelt(word.capitalize(), KNOWN, first=True) == ""


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("derivitive", "derivative"),
        ("recieve", "receive"),
        ("seperate", "separate"),
        ("graident", "gradient"),
    ],
)
def test_misspelt_words_are_said_with_what_was_meant(word, meant):
    pytest.importorskip("spellchecker")
    assert (
        misspelt(word, KNOWN) == f"'{word}' is not a word of the dictionary: {meant}? Or add it to words.txt."
    )


def test_names_formulas_and_code_are_no_words(said):
    text = "Says Bahdanau of GRU and NumPy: `graident` at docs/graident.md, x·graident_2, see [it](graident.html)."
    assert said(text) == []
    assert said("```python\ngraident\n```\nθ and ∂L/∂w and 3graident") == []


def test_a_fault_names_its_line_and_words_of_the_course_are_known(said):
    pytest.importorskip("spellchecker")
    ((line, warning, says),) = said("All is\nwell, or a\ngraident.")
    assert (line, warning) == (4, False)
    assert says.startswith("'graident'")
    assert said("A graident.", words="# ours\nGraident  # so it is\n") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It is the\nthe slope.", (2, False, "'the' stands twice in a row.")),
        ("You simply add.", (2, True, "'simply': to a learner who does not find it so, it is a slap.")),
        ("It is just a sum.", (2, True, "'just': it belittles what follows; leave it out.")),
        ("The big model knows it.", (2, True, "'The big model knows': say what it computes.")),
        ("Well done!", (2, True, "'done!': no exclamation marks for cheer.")),
        (
            r"So \frac it is.",
            (2, True, r"\frac: a formula stands between dollars, $\sqrt{d}$, or is plain text, f′(x) = 2x."),
        ),
        (
            f"One. {'word ' * 41}.",
            (2, True, "a sentence of 41 words ('word word word word word ...'): say it in two."),
        ),
    ],
)
def test_habits_are_said(said, text, expected):
    assert expected in said(text)


@pytest.mark.parametrize(
    "text",
    [
        "I know that that is so.",
        'He said "it\'s just matrix multiplication", and *just* that.',
        "The first paragraph ends with end\n\nend begins the next.",
        f"{'so it ' * 20}. {'so it ' * 20}.",
        "- " + "\n- ".join(["so it was so it was so it was"] * 6),
        "It costs $5 and $6. n! is a product, and a != b.",
    ],
)
def test_what_is_no_habit_is_not_said(said, text):
    assert said(text) == []


def test_british_is_found_in_an_american_dictionary():
    pairs = {"normalise": "normalize", "colour": "color", "modelling": "modeling", "centred": "centered"}
    assert {word: to_american(word) for word in pairs} == pairs
