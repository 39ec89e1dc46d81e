"""The names of the unverified: two words drawn by the server, new in every room.

Nobody chooses a name, so nobody can pose as somebody, advertise or insult with one. The words are
plain, common and kind; 64 x 64 make 4,096 names, and a room never holds one twice.
"""

from collections.abc import Collection

_ADJECTIVE_WORDS = (
    "amber agile airy apt azure bold brave bright brisk calm candid cheery civil clear clever cosy "
    "crisp curious daring eager early easy fair fond frank fresh gentle glad golden good grand happy "
    "hardy honest humble jolly keen kind lively loyal lucky mellow merry mild neat nimble noble open "
    "patient plucky polite proud quick quiet ready rosy silver smart snug steady sunny swift warm witty"
)

_ANIMAL_WORDS = (
    "albatross alpaca avocet badger beaver bison bittern bluebird caribou cheetah chickadee condor crane "
    "curlew deer dolphin dormouse egret elk falcon ferret finch fox gazelle gecko gibbon hare hedgehog heron ibex "
    "ibis impala "
    "jackdaw jaguar kestrel kingfisher koala lark lemur linnet llama lynx magpie marmot marten meerkat merlin newt "
    "nightjar nuthatch ocelot okapi osprey otter panda plover puffin robin seal starling swallow tapir wren zebra"
)

ADJECTIVES = tuple(_ADJECTIVE_WORDS.split())
ANIMALS = tuple(_ANIMAL_WORDS.split())


NAMES = tuple(f"{adjective} {animal}".title() for adjective in ADJECTIVES for animal in ANIMALS)
"""Made once and shared: everybody's name of their own would take 61 bytes a seat."""


def draw_name(bits: int, taken: Collection[str]) -> str:
    """Return a name such as "Calm Otter" that is not in ``taken``.

    Args:
        bits: At least 12 random bits.
        taken: Names in use in the room, fewer than 4,096.
    """
    for step in range(len(NAMES)):
        name = NAMES[(bits + step) % len(NAMES)]
        if name not in taken:
            return name
    raise ValueError("every name is taken")
