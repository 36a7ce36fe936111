def count_letters(text):
    counts = {}
    for letter in text:
        if letter != " ":
            counts[letter] = counts.get(letter, 0) + 1
    return counts
