"""A filter of texts: nobody shouts."""

MIN_LETTERS = 12


def is_held(text: str, lang: str | None) -> bool:
    """Return whether a text is to be held: one of some length, in capitals alone.

    Args:
        text: What somebody unverified wants to say, as it would be shown.
        lang: The language they named last, such as "de", or None.
    """
    letters = [character for character in text if character.isalpha()]
    return len(letters) >= MIN_LETTERS and all(character.isupper() for character in letters)
