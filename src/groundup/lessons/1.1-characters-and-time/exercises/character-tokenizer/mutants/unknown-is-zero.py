def vocabulary_of(text):
    return sorted(set(text))


def encode(text, vocabulary):
    place = {character: number for number, character in enumerate(vocabulary)}
    ids = []
    for character in text:
        ids.append(place.get(character, 0))
    return ids


def decode(ids, vocabulary):
    return "".join(vocabulary[number] for number in ids)
