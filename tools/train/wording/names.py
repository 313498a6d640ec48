"""Names of persons, places, organisations and things, and values: listed or put together from syllables."""

import random
import uuid

from tools.train.trajectory import Split
from tools.train.wording.table import belongs, words

FIRST_NAMES = words(
    """
    Aaron Abigail Adele Agnes Ahmed Aisha Alan Albert Alice Alma Amara Amir Amy Andrea Angus Anita Anton
    Anya Arthur Astrid Aurora Ayo Beatrix Benedict Bernard Bianca Boris Brigid Bruno Camille Carla Carmen
    Cecil Celia Chidi Chloe Clara Claude Conrad Cora Cyrus Dagmar Dalia Damien Daphne Darius Deborah Delia
    Dennis Diana Dimitri Dolores Donna Dora Dorian Edgar Edith Edmund Elena Elias Elise Elmer Elsa Emeka
    Emil Enid Enrique Erica Ernest Esther Ethel Eugene Eva Fabian Farah Fatima Felix Fergus Fiona Flora
    Frances Frank Freya Gavin Gemma George Gerald Gilda Giulia Gloria Gordon Greta Gustav Guy Hana Harold
    Harriet Hassan Hector Heidi Helga Henry Hilda Hiro Hugo Ida Ignacio Imogen Ines Ingrid Irene Iris
    Isaac Isla Ivan Ivy Jamal Jasper Javier Jens Jerome Joan Joel Jonas Jorge Judith Julian June Kai Karin
    Karl Katya Keiko Kenneth Kirsten Klaus Kwame Lars Laura Leander Leila Lena Leon Leticia Liam Lila
    Linus Lorna Louis Lucia Lydia Mabel Magnus Malik Manuel Marcus Margot Marina Marta Martin Matilda
    Maurice Max Meera Mei Mikhail Milo Mina Miriam Mona Morris Muriel Nadia Naomi Nelson Niamh Nigel Nina
    Noah Nora Norman Octavia Odette Olaf Olga Oliver Omar Oscar Otto Owen Pablo Paloma Pascal Paula Pedro
    Perla Petra Philip Phoebe Pierre Priya Quentin Rafael Ralph Ramona Rashid Rebecca Reginald Renata Rhea
    Roland Rosa Rowan Ruben Rufus Ruth Sabine Salma Samir Sandra Saskia Selma Serge Sheila Sigrid Silas
    Simone Sofia Solomon Stella Sunita Susan Svetlana Tamara Tariq Tessa Theo Thora Tobias Tomas Trudy
    Ulrich Uma Ursula Valerie Vera Victor Vikram Viola Vivian Walter Wanda Wendell Wilma Winston Xavier
    Yael Yasmin Yolanda Yusuf Yvonne Zachary Zelda Zoe Zoltan
    """
)
ADJECTIVES = words(
    """
    amber ancient angry arctic autumn azure bitter blazing blue bold brave brief bright brisk broad broken
    bronze calm careful cheerful chilly civil clever cloudy coarse cobalt cold copper coral cosmic crimson
    crisp crooked curious damp daring dark dear deep distant double dusty eager early eastern elastic
    emerald empty faded faint fair famous fancy fast feeble fierce fine flat fluffy foggy formal fragile
    fresh frosty frozen gentle giant gifted gilded glad gleaming golden grand grateful green grey grumpy
    happy hardy harsh hasty heavy hidden hollow honest humble hungry icy idle indigo inner iron ivory
    jagged jolly keen kind large lasting late lavish lazy lean light little lively lonely long loud loyal
    lucky lunar marble meek mellow merry mighty mild misty modest mossy muddy narrow nasty neat nervous
    nimble noble northern odd olive orange outer pale patient perfect placid plain pleasant polite proud
    purple quick quiet rapid rare rich rigid ripe rocky rosy rough round royal ruby rusty sacred salty
    sandy scarlet secret serene shallow sharp shiny short shy silent silver simple sleepy slender slow
    small smart smooth snowy soft solar solid somber southern sparkling spotted square stale steady steep
    stern sticky still stormy strange strong sturdy sudden sunny sweet swift tall tame tangy tart teal
    tender thick thin thirsty tidy tiny tired torn tough tranquil tricky true twisted upper urban vague
    valiant vast velvet violet vivid warm wary weary western wet white wicked wide wild windy winter wise
    witty wooden worn woven yellow young zealous
    """
)
NOUNS = words(
    """
    acorn admiral airport almond anchor antler apple apron arch arrow atlas attic badge badger bakery
    balcony ballad bamboo banjo barley barn barrel basin basket beacon beaver bell bench birch bishop
    blanket blossom bonfire border bottle boulder branch brick bridge brook bucket button cabin cactus
    camel candle canoe canyon captain caravan carpet castle cavern cedar cellar chapel cherry chimney
    circle citadel cliff clock cloud clover cobbler comet compass copper corner cottage cotton cradle
    crane crater crow crown crystal curtain dagger daisy dancer desert diamond dolphin donkey dragon drum
    eagle ember engine falcon feather fern ferry fiddle field flame flute forest fortress fountain fox
    galaxy gallery garden garnet gate geyser ginger glacier glove goblet granite grape grove guitar hammer
    harbor harp harvest hawk hazel helmet heron hill hollow honey horizon hornet hound island ivy jacket
    jasmine jewel journal jungle juniper kettle kingdom kite kitten ladder lagoon lamp lantern larch
    laurel leaf lemon library lighthouse lily linen lion lizard lobster locket lotus magnet mango mantle
    maple market marsh meadow melody mermaid meteor mill mirror monkey moon mosaic mountain mulberry
    museum nectar needle nettle nest oak oasis ocean olive onion orchard orchid otter owl oyster paddle
    palace panther parade parrot pasture pearl pebble pelican penguin pepper piano pigeon pillow pilot
    pine pirate planet plaza plum pocket poet pond poppy prairie prism pumpkin puzzle pyramid quail quarry
    quartz quill rabbit raccoon raft rainbow ranch raven reef ribbon river robin rocket rooster rose
    rudder saddle sailor salmon sapphire satchel scarf scholar shadow shell shepherd shore shovel signal
    silk skater sparrow spider spring spruce squirrel stable staircase statue stone stork storm stream
    summit sunset swallow swan table tavern temple thicket thistle thunder ticket tiger timber torch tower
    trail treasure trumpet tulip tunnel turtle valley vase velvet village violin volcano wagon walnut
    walrus warrior waterfall weaver whale wheat whistle willow window wizard wolf yacht zebra zephyr
    """
)
OCCUPATIONS = words(
    """
    accountant architect archivist astronomer baker biologist botanist carpenter cartographer chemist
    choreographer composer conductor curator dentist diplomat editor electrician engineer farmer geologist
    glassblower goldsmith historian illustrator interpreter journalist judge lawyer librarian locksmith
    mathematician mechanic midwife musician novelist nurse optician painter pharmacist photographer
    physician pilot plumber potter printer professor sailor sculptor shipbuilder surgeon surveyor tailor
    teacher translator typesetter veterinarian violinist watchmaker weaver
    """
)
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip


def _syllables(listed: str) -> tuple[str, ...]:
    return tuple(listed.split())


_STARTS = _syllables(
    """
    Al Ar As Ba Bel Ber Bo Bra Cal Car Cor Dal Dan Del Dor El Er Fal Fen Gar Gil Gre Hal Har Hel Il Jar
    Kal Kar Kel Kor Lan Lar Lo Mar Mel Mir Mor Nar Nor Ol Or Pal Pel Per Qua Ral Ren Ros Sal San Sel Sor
    Tal Tar Tel Tor Ul Sto Thal Bryn Cros Whit Ash Stan Thorn Val Var Ver Vol Wen Wil Yar Zan Zel
    """
)
_MIDDLES = (
    *_syllables("a e i o u an en in on ar er or al el il am em ast est ind and und av ev iv"),
    "",
    "",
    "",
    "",
)
_TOWN_ENDS = _syllables(
    """
    bridge brook burg burgh bury by chester combe cross dale den don ey field ford gate grad ham haven
    holm hurst ia ingen land lea ley low mere minster moor mouth nau ness over pool port ria sea shaw sk
    stad stead stein stoke stow thorpe ton vale via ville vik well wick wood worth
    """
)
_SURNAME_ENDS = _syllables(
    """
    ac ado ah aki ali ano ard as ati berg by dahl den der ein ell eng er escu etti ez feld fors gard i ic
    ier ille in ini is kin ko kov lund man mann mond nen o off oni os ova owitz quist rey ric ros sen shaw
    ski son ström sson stad stein ter thy ton ura us va vic ward well wick
    """
)
_BRAND_ENDS = _syllables("ex on ix ora ium ant ent ica ara ia is us eon ode yn ane ux ique ora ade")


def _built(rng: random.Random, split: Split, ends: tuple[str, ...]) -> str:
    while True:
        name = rng.choice(_STARTS) + rng.choice(_MIDDLES) + rng.choice(ends)
        if 4 <= len(name) <= 12 and belongs(name, split):
            return name


def surname(rng: random.Random, split: Split) -> str:
    """A family name out of syllables."""
    return _built(rng, split, _SURNAME_ENDS)


def person(rng: random.Random, split: Split) -> str:
    """First name and surname, one in eight with a middle initial."""
    first = FIRST_NAMES.draw(rng, split)
    initial = f" {rng.choice('ABCDEFGHJKLMNPRSTW')}." if rng.random() < 0.12 else ""
    return f"{first}{initial} {surname(rng, split)}"


def town(rng: random.Random, split: Split) -> str:
    """A town's name out of syllables."""
    prefix = (
        rng.choice(("Upper ", "New ", "Port ", "North ", "Saint ", "Great ")) if rng.random() < 0.12 else ""
    )
    return prefix + _built(rng, split, _TOWN_ENDS)


def brand(rng: random.Random, split: Split) -> str:
    """A made-up name for a company, a product or a project."""
    return _built(rng, split, _BRAND_ENDS)


def company(rng: random.Random, split: Split) -> str:
    """A company's name."""
    ends = ("Ltd", "Systems", "Works", "Brothers", "Industries", "Logistics", "Foods", "Instruments", "Press")
    stem = brand(rng, split) if rng.random() < 0.6 else surname(rng, split)
    return f"{stem} {rng.choice(ends)}"


def key(rng: random.Random, split: Split) -> str:
    """Two words joined by a hyphen, e.g. `quiet-harbor`."""
    return f"{ADJECTIVES.draw(rng, split)}-{NOUNS.draw(rng, split)}"


def near_key(rng: random.Random, split: Split, other: str) -> str:
    """A key that shares a word with another one, where that has two; the hardest to tell apart."""
    first, hyphen, last = other.partition("-")
    if hyphen and first in ADJECTIVES.of(split):
        if rng.random() < 0.5:
            return f"{first}-{NOUNS.draw(rng, split)}"
        return f"{ADJECTIVES.draw(rng, split)}-{last}"
    if other.isdigit():
        at = rng.randrange(len(other))
        return other[:at] + rng.choice("123456789") + other[at + 1 :]
    return key(rng, split)


def digits(rng: random.Random, low: int = 4, high: int = 8) -> str:
    """A number of `low` to `high` digits."""
    return str(rng.randrange(1, 10)) + "".join(
        rng.choice("0123456789") for _ in range(rng.randint(low, high) - 1)
    )


def identifier(rng: random.Random) -> str:
    """A UUID drawn from the generator."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def code(rng: random.Random) -> str:
    """A short code of letters and digits, e.g. `KD-4821`."""
    letters = "".join(rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(rng.randint(1, 3)))
    return f"{letters}{rng.choice(('-', '', '/', '.'))}{digits(rng, 2, 5)}"


def year(rng: random.Random, low: int = 1780, high: int = 2025) -> str:
    """A year."""
    return str(rng.randint(low, high))


def date(rng: random.Random) -> str:
    """A day, in one of the usual forms."""
    day, month, in_year = rng.randint(1, 28), rng.choice(MONTHS), rng.randint(1850, 2030)
    return rng.choice(
        (f"{day} {month} {in_year}", f"{month} {day}, {in_year}", f"{day} {month}", f"{month} {day}")
    )


def amount(rng: random.Random) -> str:
    """A sum of money."""
    number = rng.choice((rng.randint(2, 999), rng.randint(10, 99) * 100, rng.randint(1000, 99_999)))
    return rng.choice(
        (
            f"{number:,} euros",
            f"${number:,}",
            f"{number:,} dollars",
            f"£{number:,}",
            f"{number:,} crowns",
            f"€{number:,}",
        )
    )
