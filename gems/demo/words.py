"""The words that the demo's made-up tasks are built from."""

_NOUNS = """
apple arch arrow baker bank barn bell bird boat bone book bottle bowl branch bread brick
bridge broom brush bucket cabin cable cake camel candle card carpet castle chair chalk
chest circle cliff clock cloud coach coast coin comb copper corn cotton crab crown cup
desk dish doctor dove dragon drum duck eagle engine farm feather fence field finger flag
flame flute forest fork fox frog garden gate ghost glass glove goat gold grape grass
guitar hammer harbor hat hawk helmet hill honey hook horn horse hotel island jacket jar
jewel kettle king kite knee ladder lake lamp lawn leaf lemon letter lily lion lock maple
market mask meadow melon mill mirror moon mouse museum nail needle nest net oak ocean
onion orange oven owl paint palace panda paper parrot pear pearl pencil pepper piano
pigeon pillow pilot pine pirate planet plate plum pocket pond potato prince queen rabbit
radio rain ribbon rice ring river road robin rocket roof root rope rose sailor salt sand
saddle school seed shark sheep shell ship shoe silver snake snow soap sock spider spoon
squid stable star stone storm straw sugar swan table tailor temple tiger tomato tower town
train tree trumpet tulip turtle valley vase velvet violin wagon wall walnut water whale
wheat wheel willow window wolf wood yard zebra
"""
NOUNS = tuple(_NOUNS.split())

OPPOSITES = (
    ("hot", "cold"),
    ("big", "small"),
    ("up", "down"),
    ("fast", "slow"),
    ("new", "old"),
    ("light", "dark"),
    ("hard", "soft"),
    ("high", "low"),
    ("open", "shut"),
    ("rich", "poor"),
    ("wet", "dry"),
    ("loud", "quiet"),
    ("early", "late"),
    ("long", "short"),
    ("full", "empty"),
    ("near", "far"),
    ("clean", "dirty"),
    ("strong", "weak"),
    ("happy", "sad"),
    ("thick", "thin"),
    ("left", "right"),
    ("in", "out"),
    ("day", "night"),
    ("true", "false"),
)

NAMES = ("Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gus", "Hana")
