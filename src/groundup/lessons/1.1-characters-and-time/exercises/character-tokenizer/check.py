from groundup.course.grading.checks import Failure, agrees, example, holds

LETTERS = list(" \n.,!'-AaBbEeNnOoTtZzäé7")


def vocabulary_of(text):
    return sorted(set(text))


def encode(text, vocabulary):
    return [vocabulary.index(character) for character in text]


def some_text(rng):
    return "".join(rng.choice(LETTERS, int(rng.integers(1, 30))))


def text_and_vocabulary(rng):
    text = some_text(rng)
    return text, vocabulary_of(text + some_text(rng))


def ids_and_vocabulary(rng):
    text, vocabulary = text_and_vocabulary(rng)
    return encode(text, vocabulary), vocabulary


def decoded(ids, vocabulary):
    return "".join(vocabulary[one] for one in ids)


def says_what_is_unknown(work, rng):
    """A character that is not there must be named."""
    case = "encode('7 § 8', [' ', '7', '8'])"
    try:
        got = work["encode"]("7 § 8", [" ", "7", "8"])
    except ValueError as error:
        if "§" in str(error):
            return None
        return Failure(
            "The ValueError does not say which character it is: put '§' into its text.", case, str(error)
        )
    except LookupError as error:
        says = f"A {type(error).__name__} came out, which is no sentence. Raise a ValueError that names '§'."
        return Failure(says, case, str(error))
    return Failure("'§' is not in the vocabulary, and nothing was said about it.", case, got)


CHECKS = [
    example("vocabulary_of", ("banana",), ["a", "b", "n"]),
    agrees("vocabulary_of", vocabulary_of, draw=lambda rng: (some_text(rng),)),
    example("encode", ("nab", ["a", "b", "n"]), [2, 0, 1]),
    agrees("encode", encode, draw=text_and_vocabulary),
    example("decode", ([2, 0, 1], ["a", "b", "n"]), "nab"),
    agrees("decode", decoded, draw=ids_and_vocabulary),
    holds("encode names a character that it does not know", says_what_is_unknown),
]
