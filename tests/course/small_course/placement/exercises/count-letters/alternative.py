def count_letters(text: str) -> int:
    """How many characters are letters."""
    return len([c for c in text if c.isalpha()])
