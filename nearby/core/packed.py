"""Numbers kept by the million, in fewer bytes."""

_WIDTH = 48
"""Bits of a time in milliseconds: enough until the year 10889."""

_MASK = (1 << _WIDTH) - 1


def pack(times_ms: tuple[int, ...]) -> int:
    """Return times, each at least 0, as one number: one of them takes 32 bytes, which in a tuple take up to 96."""
    packed = 0
    for at_ms in reversed(times_ms):
        packed = packed << _WIDTH | (at_ms + 1)
    return packed


def unpack(packed: int) -> tuple[int, ...]:
    """Return the times that ``pack`` put together, in their order."""
    times_ms = []
    while packed:
        times_ms.append((packed & _MASK) - 1)
        packed >>= _WIDTH
    return tuple(times_ms)


def count_packed(packed: int) -> int:
    """Return how many times ``pack`` put together."""
    return -(-packed.bit_length() // _WIDTH)


def first_packed(packed: int) -> int:
    """Return the first of at least one time that ``pack`` put together."""
    return (packed & _MASK) - 1


def last_packed(packed: int) -> int:
    """Return the last of at least one time that ``pack`` put together."""
    return (packed >> (count_packed(packed) - 1) * _WIDTH) - 1


def packed_with(packed: int, at_ms: int) -> int:
    """Return the times that ``pack`` put together and one more after them."""
    return trimmed(packed | (at_ms + 1) << count_packed(packed) * _WIDTH)


def trimmed(number: int) -> int:
    """Return the same number, in its own size: CPython gives every sum a spare digit, which costs a time 16 bytes."""
    return number | 0
