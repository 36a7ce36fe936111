def vocabulary_of(text):
    return sorted(set(text.lower()))


def encode(text, vocabulary):
    place = {character: number for number, character in enumerate(vocabulary)}
    ids = []
    for character in text:
        if character not in place:
            raise ValueError(f"{character!r} is not in the vocabulary")
        ids.append(place[character])
    return ids


def decode(ids, vocabulary):
    return "".join(vocabulary[number] for number in ids)
