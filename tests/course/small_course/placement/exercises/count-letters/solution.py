def count_letters(text: str) -> int:
    """How many characters are letters."""
    return sum(c.isalpha() for c in text)
