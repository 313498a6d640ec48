"""English word forms that the rules need: verbs in their forms, function words, words too general to be asked about."""

import re


def word_set(listed: str) -> frozenset[str]:
    """The words of a list, told apart by white space."""
    return frozenset(listed.split())


_VERBS = word_set(
    """
    accept access act add adjust advertise affect alert align allocate allow alter analyze announce append apply
    approve archive arrange ask assign associate assume attach attempt attract audit avoid balance bind block
    boot build bypass cache calculate call cancel capture carry cause change check choose clean clear clone
    close collapse collect combine come commit compare compile complete compress compute concatenate conclude
    configure confirm connect consider consist construct consult consume contain continue control convert copy
    correct correspond count cover create deactivate debug declare decode decompress decrease decrypt define
    delay delete deliver demand deny depend deprecate derive describe detach detect determine develop differ
    disable disallow discard disconnect display distinguish distribute divide document download drop dump
    duplicate edit eject eliminate embed emit emulate enable encode encourage encrypt end enforce enlarge ensure
    enter enumerate erase escape establish estimate evaluate examine exchange exclude execute exist exit expand
    expect explain export express extend extract fail fetch fill filter find finish fit fix flush fold follow
    forbid force fork form format free gather generate get give go grant group guarantee guess guide handle help
    hide highlight hold identify ignore illustrate implement import improve include increase increment indicate
    inform inherit inhibit initialize insert inspect install instruct interpret interrupt introduce invoke issue
    join jump justify keep kill label launch lead leave let limit link list listen load locate lock log look
    lower maintain make manage manipulate map mark match mean measure merge modify monitor mount move name
    navigate need negotiate notify obtain occupy occur offer omit open operate order output overlap override
    overwrite pack parse pass perform permit pick place play point poll precede prefer prefix prepare present
    preserve prevent print process produce profile prohibit prompt propagate protect prove provide publish pull
    push put query queue quit quote raise reach read rebuild receive recognize recommend record recover redirect
    reduce refer reflect refresh refuse register reject relate release relocate rely remain remember remove
    rename render repeat replace reply report represent request require reserve reset resize resolve respond
    restart restore restrict resume retain retrieve return reveal reverse revert rewrite rotate round run
    sanitize satisfy save scan schedule search select send separate serve set share shift show shrink shut
    signal simplify simulate skip sleep solve sort specify split standardize start state stop store stream strip
    submit substitute subtract succeed suffer suggest supply support suppress suspend swap switch synchronize
    tag take target teach tell terminate test toggle track transfer transform translate transmit traverse treat
    trigger trim truncate try turn undo uninstall unlock unpack unset update upgrade upload use utilize validate
    vary verify view visit wait walk want warn watch work wrap write yield accompany achieve admit advance advise
    agree aim amount appear argue arise arrive attack attend award belong borrow bring burn buy care celebrate claim
    climb close compete complain concern confuse contribute cost cross cry cut damage dance deal decide defend destroy
    die discover discuss doubt dream drink drive earn eat educate elect employ encounter engage enjoy escape exploit
    explore face fall fear feed feel fight flow fly force gain grow happen hate hear hunt hurt imagine imply invent
    invest invite last laugh lay learn lend lie live lose love matter meet mention mind miss own paint participate pay
    plan plant possess praise pray predict pretend proceed profit promise promote propose prosper publish punish qualify
    raise react realize rebel recall reckon rely rent repair resemble resist result retire ride ring rise rule sail say
    see seek seem sell share shine shoot sing sink sit speak spend spread stand stay steal stick struggle study succeed
    suffer surround survive suspect swim talk teach tend think threaten throw touch trade train travel trust understand
    unite wake wear win wish wonder worry
    """
)
_DOUBLING = word_set(
    """
    begin commit control cut drop fit forbid get let log map occur omit permit plug prefer program put quit
    refer run scan set shut skip split stop strip submit swap tag transfer transmit trigger trim wrap
    """
)
_IRREGULAR = {
    "be": ("was", "been"), "become": ("became", "become"), "begin": ("began", "begun"),
    "bind": ("bound", "bound"), "break": ("broke", "broken"), "bring": ("brought", "brought"),
    "build": ("built", "built"), "buy": ("bought", "bought"), "choose": ("chose", "chosen"),
    "come": ("came", "come"), "cut": ("cut", "cut"), "do": ("did", "done"), "draw": ("drew", "drawn"),
    "find": ("found", "found"), "forbid": ("forbade", "forbidden"), "get": ("got", "got"),
    "give": ("gave", "given"), "go": ("went", "gone"), "grow": ("grew", "grown"), "have": ("had", "had"),
    "hide": ("hid", "hidden"), "hold": ("held", "held"), "keep": ("kept", "kept"), "know": ("knew", "known"),
    "lead": ("led", "led"), "leave": ("left", "left"), "let": ("let", "let"), "lose": ("lost", "lost"),
    "make": ("made", "made"), "mean": ("meant", "meant"), "meet": ("met", "met"),
    "override": ("overrode", "overridden"), "overwrite": ("overwrote", "overwritten"), "pay": ("paid", "paid"),
    "put": ("put", "put"), "quit": ("quit", "quit"), "read": ("read", "read"),
    "rewrite": ("rewrote", "rewritten"), "run": ("ran", "run"), "see": ("saw", "seen"),
    "sell": ("sold", "sold"), "send": ("sent", "sent"), "set": ("set", "set"), "show": ("showed", "shown"),
    "shrink": ("shrank", "shrunk"), "shut": ("shut", "shut"), "sleep": ("slept", "slept"),
    "split": ("split", "split"), "take": ("took", "taken"), "teach": ("taught", "taught"),
    "tell": ("told", "told"), "think": ("thought", "thought"), "undo": ("undid", "undone"),
    "unset": ("unset", "unset"), "win": ("won", "won"), "write": ("wrote", "written"),
    "arise": ("arose", "arisen"), "cost": ("cost", "cost"), "deal": ("dealt", "dealt"),
    "drink": ("drank", "drunk"), "drive": ("drove", "driven"), "eat": ("ate", "eaten"),
    "fall": ("fell", "fallen"), "feed": ("fed", "fed"), "feel": ("felt", "felt"), "fight": ("fought", "fought"),
    "fly": ("flew", "flown"), "hear": ("heard", "heard"), "hurt": ("hurt", "hurt"), "lay": ("laid", "laid"),
    "lend": ("lent", "lent"), "lie": ("lay", "lain"), "ride": ("rode", "ridden"), "ring": ("rang", "rung"),
    "rise": ("rose", "risen"), "say": ("said", "said"), "seek": ("sought", "sought"),
    "shine": ("shone", "shone"), "shoot": ("shot", "shot"), "sing": ("sang", "sung"), "sink": ("sank", "sunk"),
    "sit": ("sat", "sat"), "speak": ("spoke", "spoken"), "spend": ("spent", "spent"),
    "spread": ("spread", "spread"), "stand": ("stood", "stood"), "steal": ("stole", "stolen"),
    "stick": ("stuck", "stuck"), "swim": ("swam", "swum"), "throw": ("threw", "thrown"),
    "understand": ("understood", "understood"), "wake": ("woke", "woken"), "wear": ("wore", "worn"),
}  # fmt: skip


def third_person(base: str) -> str:
    """`specify` -> `specifies`."""
    if base in {"have", "be", "do", "go"}:
        return {"have": "has", "be": "is", "do": "does", "go": "goes"}[base]
    if re.search(r"[^aeiou]y$", base):
        return base[:-1] + "ies"
    return base + ("es" if re.search(r"(s|x|z|ch|sh|o)$", base) else "s")


def past(base: str) -> tuple[str, str]:
    """Past tense and past participle."""
    if base in _IRREGULAR:
        return _IRREGULAR[base]
    if re.search(r"[^aeiou]y$", base):
        made = base[:-1] + "ied"
    elif base in _DOUBLING:
        made = base + base[-1] + "ed"
    else:
        made = base + ("d" if base.endswith("e") else "ed")
    return made, made


def gerund(base: str) -> str:
    """`write` -> `writing`."""
    if base.endswith("ie"):
        return base[:-2] + "ying"
    if base.endswith("e") and not base.endswith(("ee", "ye", "oe")) and base != "be":
        return base[:-1] + "ing"
    return base + (base[-1] if base in _DOUBLING else "") + "ing"


BASES = _VERBS | frozenset(_IRREGULAR) - {"be", "do"}
BY_THIRD = {third_person(base): base for base in BASES} | {"has": "have"}
"""`returns` -> `return`."""
BY_PAST = {past(base)[0]: base for base in BASES}
"""`wrote` -> `write`."""
BY_PARTICIPLE = {past(base)[1]: base for base in BASES}
PARTICIPLES = frozenset(BY_PARTICIPLE)

PRONOUNS = word_set(
    """
    it this these those they he she we you i there that such which who whom what when where why how if as them
    him her its their his your our my one ones itself themselves something anything nothing everything
    """
)
FUNCTION_WORDS = PRONOUNS | word_set(
    """
    a an the of to in on at by for from with without into onto over under about and or but nor not no so than
    then also only is are was were be been being am do does did done has have had having will would can could
    may might must shall should each every any all some both either neither other another same more most less
    least many much few several very just up down out off again here now ever never always often however
    therefore thus hence otherwise instead
    """
)
GENERAL = word_set(
    """
    function option command program file value argument system user variable package method object class module
    default result name first second third last next following former latter section example text line list set
    thing case way part type kind number string data information message error process output input call code
    script page parameter field entry item key table word character directory path document documentation manual
    book chapter note version format flag feature behavior behaviour problem reason question answer difference
    point idea purpose mode state status action operation structure element node attribute property application
    software tool library interface address server client host device time date size length
    """
)
"""Nouns that mean nothing without their context."""


def words_of(text: str) -> list[str]:
    """The words of a text, in lower case."""
    return re.findall(r"[^\W\d_]+", text.lower())


def content_words(text: str) -> set[str]:
    """Words that carry meaning: no function words."""
    return {word for word in words_of(text) if word not in FUNCTION_WORDS and len(word) > 2}
