def count_letters(text: str) -> int:
    """How many characters are letters."""
