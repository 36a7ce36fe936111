def vocabulary_of(text):
    return sorted(set(text))


def encode(text, vocabulary):
    return [ord(character) for character in text]


def decode(ids, vocabulary):
    return "".join(chr(one) for one in ids)
