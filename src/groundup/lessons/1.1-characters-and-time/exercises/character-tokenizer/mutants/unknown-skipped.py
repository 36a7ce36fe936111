def vocabulary_of(text):
    return sorted(set(text))


def encode(text, vocabulary):
    place = {character: number for number, character in enumerate(vocabulary)}
    ids = []
    for character in text:
        if character in place:
            ids.append(place[character])
    return ids


def decode(ids, vocabulary):
    return "".join(vocabulary[number] for number in ids)
