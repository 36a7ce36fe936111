def unroll(letters, h, read, update, predict):
    states, guesses = [], []
    for letter in letters:
        x = read(letter)
        new = update(x, h)
        states.append(new)
        guesses.append(predict(new))
    return states, guesses
