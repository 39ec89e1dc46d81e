"""What may be said: text checked and brought into one form."""

from unicodedata import category, normalize

from nearby.core.wire import MAX_TEXT_CHARACTERS
from nearby.errors import ErrorCode, Refused


def clean_text(text: str) -> str:
    """Return ``text`` in NFC.

    Raises:
        Refused: ``bad_text`` if NFC has none or more than 1,000 characters, or a control
            character (category Cc) other than newline.
    """
    if not text.isascii():
        text = normalize("NFC", text)
    if not 1 <= len(text) <= MAX_TEXT_CHARACTERS:
        raise Refused(ErrorCode.BAD_TEXT)
    if not text.isprintable() and any(category(character) == "Cc" and character != "\n" for character in text):
        raise Refused(ErrorCode.BAD_TEXT)
    return text
