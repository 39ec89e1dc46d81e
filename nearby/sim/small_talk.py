"""Sentences for a crowd that somebody looks at, in place of words in a row."""

from random import Random

_OPENINGS = ("", "", "", "", "Hello everybody! ", "Hi! ", "Good to see you all. ", "Hey there. ")

_SENTENCES = (
    "Is anybody else at {place}?",
    "Who comes to {place} later?",
    "I am on my way to {place}.",
    "There is a long queue at {place} today.",
    "It is so quiet at {place} right now.",
    "Somebody plays {music} near {place}, come and listen!",
    "Where do you get good {food} around here?",
    "I can recommend the {food} near {place}.",
    "They sell {food} at {place} tonight.",
    "First time here. Is {place} worth a visit?",
    "The sun is out, so I am having {food} at {place}.",
    "Anybody up for {food} near {place}?",
    "I heard {music} all the way from {place}.",
    "My dog loves {place}.",
)

_PLACES = (
    *("the fountain", "the market hall", "the old bridge", "the library", "the kiosk", "the park", "the river"),
    *("the bakery", "the tram stop", "the museum", "the playground", "the bookshop", "the cinema", "the harbour"),
)
_FOODS = (
    *("coffee", "ice cream", "falafel", "pizza", "cake", "ramen", "dumplings", "pancakes", "lemonade", "soup"),
    *("hot chocolate", "fresh bread", "curry", "waffles"),
)
_MUSIC = ("the violin", "jazz", "an accordion", "the drums", "some guitar", "old songs", "the cello", "a saxophone")


def small_talk(random: Random) -> str:
    """Return something one might say in a room. It may come again: runs that are judged need other texts."""
    sentence = random.choice(_SENTENCES)
    filled = sentence.format(place=random.choice(_PLACES), food=random.choice(_FOODS), music=random.choice(_MUSIC))
    return random.choice(_OPENINGS) + filled
