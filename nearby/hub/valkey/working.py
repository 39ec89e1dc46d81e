"""One attempt at an operation: what was read for it, and what it would write."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any, Generic, TypeVar

from nearby.hub.valkey.commands import Command, Query

K = TypeVar("K")
V = TypeVar("V")

ABSENT = b""
"""Stands for a key that is not there."""

VERSION_BYTES = 8
"""Every value begins with so many bytes that are drawn anew at each write."""

ITEMS_KEPT = 20_000
"""Items of a table that a gateway keeps as they were made of values, about 2 KiB each; the oldest are dropped first."""


class Missing(Exception):
    """The attempt needs something that was not read. Read it and try again; nothing happened.

    Args:
        keys: Keys to read.
        queries: Questions to ask.
    """

    def __init__(self, keys: Sequence[str] = (), queries: Sequence[Query] = ()) -> None:
        self.keys = keys
        self.queries = queries


class Values:
    """Values read or written of late, by key: a first guess, which the write checks.

    Args:
        most: So many are kept, those not used for longest dropped first.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[str, bytes] = OrderedDict()

    def get(self, key: str) -> bytes | None:
        """Return the value as it was, ``ABSENT`` if there was none, or None if that is not known."""
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def peek(self, key: str) -> bytes | None:
        """Return the same as ``get``, at half its cost; it does not count as a use."""
        return self._values.get(key)

    def put(self, key: str, value: bytes) -> None:
        """Note what a key's value is."""
        self._values[key] = value
        self._values.move_to_end(key)
        if len(self._values) > self._most:
            self._values.popitem(last=False)

    def restore(self, key: str, before: bytes | None) -> None:
        """Note that a key's value is what it was before after all, or that it is not known, if that was not."""
        if before is None:
            self.forget(key)
        else:
            self.put(key, before)

    def forget(self, key: str) -> None:
        """Know nothing of a key any more."""
        self._values.pop(key, None)

    def clear(self) -> None:
        """Know nothing any more."""
        self._values.clear()


class Working:
    """What one attempt reads and asks to be written. It is begun anew for the next one.

    Args:
        values: Values read before.
    """

    def __init__(self, values: Values) -> None:
        self._values = values
        self._answers: dict[Query, object] = {}
        self._asked_with: dict[str, bytes] = {}
        self.read: dict[str, bytes] = {}
        """Every key that was looked at, with its value: the write takes effect only if these still are the values."""
        self.commands: list[Command] = []
        """What is written beside values, in order."""
        self.looked_at: list[Table[Any, Any]] = []
        """The tables of which something was looked at."""

    def begin(self, answers: dict[Query, object], asked_with: dict[str, bytes]) -> None:
        """Begin an attempt.

        Args:
            answers: Those to questions asked before in the same operation.
            asked_with: Values that had been looked at then. They are taken to be these still: if they are not, the
                answers are of another time, and the write finds out.
        """
        self._answers, self._asked_with = answers, asked_with
        self.read, self.commands = {}, []
        self.drop()

    def drop(self) -> None:
        """Drop what the attempt made of values: it does not take effect."""
        for table in self.looked_at:
            table.drop()
        self.looked_at.clear()

    def keep(self, written: Mapping[str, bytes]) -> None:
        """Keep what the attempt made of values for those after it; ``written`` are those it would have be others."""
        for table in self.looked_at:
            table.keep(self.read, written)

    def value(self, key: str) -> bytes:
        """Return a key's value, or ``ABSENT``.

        Raises:
            Missing: It was not read yet.
        """
        known = self.read.get(key)
        if known is None:
            known = self._known(key)
            if known is None:
                raise Missing(keys=(key,))
            self.read[key] = known
        return known

    def values(self, keys: Sequence[str]) -> list[bytes]:
        """Return the values of the keys that every attempt looks at, each or ``ABSENT``.

        They do not count as used by that, and may be dropped: then they are read again.

        Raises:
            Missing: Some were not read yet.
        """
        peek = self._values.peek
        known = [peek(key) for key in keys]
        if self._asked_with:
            known = [self._asked_with.get(key, value) for key, value in zip(keys, known, strict=True)]
        found = [value for value in known if value is not None]
        if len(found) < len(keys):
            raise Missing(keys=[key for key, value in zip(keys, known, strict=True) if value is None])
        self.read.update(zip(keys, found, strict=True))
        return found

    def assume(self, key: str) -> None:
        """Take a key that nothing is known of to be absent."""
        if key not in self.read:
            self.read[key] = self._known(key) or ABSENT

    def expect(self, keys: Sequence[str]) -> None:
        """Have all of some keys read together that are about to be looked at.

        Raises:
            Missing: Some were not read yet.
        """
        unknown = [key for key in keys if key not in self.read and self._known(key) is None]
        if unknown:
            raise Missing(keys=unknown)

    def expect_answers(self, queries: Sequence[Query]) -> None:
        """Have all of some questions asked together whose answers are about to be looked at.

        Raises:
            Missing: Some were not asked yet.
        """
        unknown = [query for query in queries if query not in self._answers]
        if unknown:
            raise Missing(queries=unknown)

    def known(self, key: str) -> bytes | None:
        """Return a key's value outside of an attempt, or None if it is not known."""
        return self._values.get(key)

    def _known(self, key: str) -> bytes | None:
        found = self._asked_with.get(key)
        return self._values.get(key) if found is None else found

    def answer(self, query: Query) -> object:
        """Return the answer to a question.

        Raises:
            Missing: It was not asked yet.
        """
        if query not in self._answers:
            raise Missing(queries=(query,))
        return self._answers[query]

    def ask(self, command: Command) -> None:
        """Have something written if the attempt takes effect."""
        self.commands.append(command)


class Table(MutableMapping[K, V], Generic[K, V]):
    """A collection of which each item is a key of its own, looked up one by one.

    Args:
        working: The attempt.
        prefix: Of the keys.
        name_of: Returns the rest of an item's key.
        decode: Makes an item of what was stored.
        encode: Returns what is to be stored of an item, None if the item is as good as none.
        make: Makes an item that is asked for by index and not there; None: that is a ``KeyError``.
    """

    def __init__(
        self,
        working: Working,
        prefix: str,
        *,
        name_of: Callable[[K], str],
        decode: Callable[[K, bytes], V],
        encode: Callable[[V], bytes | None],
        make: Callable[[], V] | None = None,
    ) -> None:
        self._working = working
        self._prefix = prefix
        self._name_of = name_of
        self._decode = decode
        self._encode = encode
        self._make = make
        self.here: dict[K, V | None] = {}
        """Items looked at in this attempt; None where there is none."""

    def keep(self, read: Mapping[str, bytes], written: Mapping[str, bytes]) -> None:
        """Keep items as they are for later attempts, if they are of a kind that is kept."""

    def drop(self) -> None:
        """Drop all items looked at."""
        self.here.clear()

    def key_of(self, item: K) -> str:
        """Return an item's key."""
        return self._prefix + self._name_of(item)

    def find(self, item: K) -> V | None:
        """Return an item, or None."""
        here = self.here
        if item in here:
            return here[item]
        stored = self._working.value(self._prefix + self._name_of(item))
        # Decoding may look for others, and find that they must be read first.
        found = None if stored == ABSENT else self._made_of(item, stored)
        if not here:
            self._working.looked_at.append(self)
        here[item] = found
        return found

    def _made_of(self, item: K, stored: bytes) -> V:
        return self._decode(item, stored[VERSION_BYTES:])

    def put_in(self, item: K, found: V) -> None:
        """Let an item be what was found while it is still being decoded."""
        if not self.here:
            self._working.looked_at.append(self)
        self.here[item] = found

    def changes(self) -> Iterator[tuple[str, bytes]]:
        """Yield the keys whose stored form is another now, with that form, ``ABSENT`` for those to be deleted."""
        read = self._working.read
        for item, now in self.here.items():
            if now is not None and self.is_as_it_was(item, now):
                continue
            key = self.key_of(item)
            stored = ABSENT if now is None else self._encode(now) or ABSENT
            if stored != read[key][VERSION_BYTES:]:
                yield key, stored

    def is_as_it_was(self, item: K, now: V) -> bool:
        """Return True if it is known without encoding it that an item would be stored as it is."""
        return False

    def __getitem__(self, item: K) -> V:
        """Return an item; one that is not there is made if there is a way to."""
        found = self.find(item)
        if found is None:
            if self._make is None:
                raise KeyError(item)
            found = self.here[item] = self._make()
        return found

    def __setitem__(self, item: K, value: V) -> None:
        """Put an item in its place. One that was not looked for is taken to be new, which the write checks."""
        self._working.assume(self.key_of(item))
        if not self.here:
            self._working.looked_at.append(self)
        self.here[item] = value

    def __delitem__(self, item: K) -> None:
        """Take an item out."""
        if self.find(item) is None:
            raise KeyError(item)
        self.here[item] = None

    def get(self, item: K, default: Any = None) -> Any:
        """Return an item, or the default. None is made."""
        # Looked up in place: a call more takes as long, and this is what is called most.
        found = self.here[item] if item in self.here else self.find(item)
        return default if found is None else found

    def __contains__(self, item: object) -> bool:
        """Return whether an item is there."""
        return self.find(item) is not None  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[K]:
        """Fail: nobody has all of them."""
        raise TypeError("a shared table is looked up item by item")

    def __len__(self) -> int:
        """Fail, as iterating does."""
        raise TypeError("a shared table does not know how many items it has")


class KeptTable(Table[K, V]):
    """A table that keeps items as they were made, for as long as their values are the same.

    An attempt takes those out that it looks at: only if it takes effect are they what is stored.
    """

    def __init__(
        self,
        working: Working,
        prefix: str,
        *,
        name_of: Callable[[K], str],
        decode: Callable[[K, bytes], V],
        encode: Callable[[V], bytes | None],
        take_up: Callable[[K, V], bool],
        state_of: Callable[[V], object | None] = lambda item: None,
    ) -> None:
        """Make one as ``Table``.

        ``take_up`` makes an item that was kept fit for another attempt, or returns False. ``state_of`` returns what
        an item's stored form depends on, quicker than that is made; None: that form is to be made and compared.
        """
        super().__init__(working, prefix, name_of=name_of, decode=decode, encode=encode)
        self._take_up = take_up
        self._state_of = state_of
        self._kept: dict[K, tuple[bytes, V]] = {}
        self._states: dict[K, object | None] = {}

    def keep(self, read: Mapping[str, bytes], written: Mapping[str, bytes]) -> None:
        """See ``Table``."""
        kept = self._kept
        for item, now in self.here.items():
            key = self.key_of(item)
            if now is not None and (stored := written.get(key) or read.get(key)):
                kept[item] = stored, now
        while len(kept) > ITEMS_KEPT:
            del kept[next(iter(kept))]

    def drop(self) -> None:
        """See ``Table``."""
        super().drop()
        self._states.clear()

    def kept(self, item: K) -> V | None:
        """Return an item as it is kept, None unless that is what is stored as far as is known.

        What is changed of it now is stored with whatever an attempt changes of it next.
        """
        found = self._kept.get(item)
        if found is None or found[0] is not self._working.known(self.key_of(item)):
            return None
        # The oldest are dropped first.
        self._kept[item] = self._kept.pop(item)
        return found[1]

    def forget(self) -> None:
        """Keep none."""
        self._kept.clear()

    def is_as_it_was(self, item: K, now: V) -> bool:
        """See ``Table``."""
        before = self._states.get(item)
        return before is not None and before == self._state_of(now)

    def __setitem__(self, item: K, value: V) -> None:
        """See ``Table``."""
        super().__setitem__(item, value)
        self._states.pop(item, None)

    def _made_of(self, item: K, stored: bytes) -> V:
        kept = self._kept.pop(item, None)
        if kept is not None and kept[0] is stored and self._take_up(item, kept[1]):
            found = kept[1]
        else:
            found = super()._made_of(item, stored)
        self._states[item] = self._state_of(found)
        return found
