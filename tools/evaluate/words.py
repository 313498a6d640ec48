"""The names that cases are filled with. They belong to evaluation alone: training must hold none of them."""

import random
from itertools import product


def split(text: str) -> tuple[str, ...]:
    """The words of a text."""
    return tuple(text.split())


ADJECTIVES = split("""
    amberlit brackish calcined dovegrey elderwood fernlike gilded halfsunk inkstained jadegreen knotted
    leaden mossbound nacreous ochreous pewter quilted russet saltworn tarnished umbrous velveteen waxen
    yewcarved
""")

NOUNS = split("""
    abacus bellows candelabrum dulcimer epaulette flagon gramophone hourglass inkhorn jerkin kaleidoscope
    lorgnette marlinspike nutcracker ocarina palanquin quern rucksack samovar theodolite ukulele valise
    weathervane zither
""")

PEOPLE = split("""
    Aldwyna Bertilde Corvane Drusilda Eskander Fiametta Gotthilf Hyacinthe Isambard Jorunnka Kasimira
    Leocadie Melchiorre Nikanor Ottoline Pelagiya Quirijn Radomira Sigibert Tancredi Ulfhild Valdemarro
    Wenzeslaus Xanthippe Yevpraksia Zephyrin
""")

TOWNS = split("""
    Aldershoven Brackenthwaite Corvenza Dunmarrow Eastfjorden Ferncastell Gorsewick Hallowmere Inverquoich
    Jarnsund Kestrelby Lindenhaag Marrowgate Nettlecombe Ostravelle Pellinore Quarrendale Ravensholt
    Saltholme Thornaby-on-Lyse Uskerholm Vintersborg Wraysford Yarrowmouth
""")

ROOMS = split("""
    scullery orangery belfry vestry armoury buttery gatehouse undercroft boathouse smithy granary
    refectory
""")

THINGS = split("""
    lantern tankard accordion spyglass chessboard parasol trowel inkwell thimble tambourine sextant
    birdcage
""")

TRADES = split("""
    apothecary bookbinder chandler cooper falconer glazier haberdasher lutenist millwright saddler
    tinsmith vintner
""")


SYLLABLES = split("""
    bran cho dri fel gro hus jem kla lorn mip nus plo quo rast sti tov ulk vorn wex yad zim
""")

MOST_KEYS = len(ADJECTIVES) * len(NOUNS) * len((*ROOMS, *THINGS, *TRADES))
"""How many different keys of three parts there are."""

MOST_COINED = len(SYLLABLES) ** 2 + len(SYLLABLES) ** 3
"""How many coined words there are."""


def keys(rng: random.Random, number: int, parts: int = 2) -> list[str]:
    """So many different keys: an adjective and a noun, and for three parts a room, thing or trade behind.

    Raises:
        ValueError: more are asked for than there are.
    """
    lists = (ADJECTIVES, NOUNS, (*ROOMS, *THINGS, *TRADES))[:parts]
    return rng.sample(["-".join(key) for key in product(*lists)], number)


def numbers(rng: random.Random, number: int) -> list[str]:
    """So many different numbers of seven digits."""
    return [str(value) for value in rng.sample(range(1_000_000, 10_000_000), number)]


def coined(rng: random.Random, number: int) -> list[str]:
    """So many different words that no language has, of two or three syllables."""
    words = ["".join(syllables) for syllables in product(SYLLABLES, repeat=2)]
    if number > len(words):
        words += ["".join(syllables) for syllables in product(SYLLABLES, repeat=3)]
    return rng.sample(words, number)


def held_out_names() -> frozenset[str]:
    """Every proper name of the cases: rare enough to be looked for in any text."""
    return frozenset((*PEOPLE, *TOWNS))


def is_key(word: str) -> bool:
    """Whether a word is one of the keys that `keys` makes."""
    parts = word.split("-")
    return len(parts) >= 2 and parts[0] in ADJECTIVES and parts[1] in NOUNS
