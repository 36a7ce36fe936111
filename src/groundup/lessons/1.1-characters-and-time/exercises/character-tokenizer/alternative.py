def vocabulary_of(text):
    found = []
    for character in text:
        if character not in found:
            found.append(character)
    found.sort()
    return found


def encode(text, vocabulary):
    return [vocabulary.index(character) for character in text]  # says by itself which one is not in the list


def decode(ids, vocabulary):
    text = ""
    for number in ids:
        text += vocabulary[number]
    return text
