"""The words that a veto looks for: numbers, negations, question words, opposites, and what tells languages apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def _rows(table: str) -> list[list[str]]:
    return [line.split() for line in table.strip().splitlines()]


def _words(table: str) -> frozenset[str]:
    return frozenset(table.split())


NUMBERS: Mapping[str, str] = {
    word: row[0]
    for row in _rows("""
        0 zero null cero zéro
        1 one eins uno
        2 two zwei dos deux due
        3 three drei tres trois tre
        4 four vier cuatro quatre quattro
        5 five fünf cinco cinq cinque
        6 six sechs seis sei
        7 seven sieben siete sept sette
        8 eight acht ocho huit otto
        9 nine neun nueve neuf nove
        10 ten zehn diez dix dieci
        11 eleven elf
        12 twelve zwölf dozen
        13 thirteen
        14 fourteen
        15 fifteen
        16 sixteen
        17 seventeen
        18 eighteen
        19 nineteen
        20 twenty zwanzig veinte vingt
        30 thirty dreißig treinta trente
        40 forty
        50 fifty
        60 sixty
        70 seventy
        80 eighty
        90 ninety
        100 hundred hundert cien cent
        1000 thousand tausend mil mille
        million million millions
        billion billion billions
        half half halves
        double double twice doubled
        triple triple thrice
        1st first 1st
        2nd second 2nd
        3rd third 3rd
        4th fourth 4th
        5th fifth 5th
        last last final
    """)
    for word in row[1:]
}
"""Words that are numbers, and which; that some mean other things elsewhere costs a question that is asked anew."""

NEGATIONS = _words("""
    not no never none nor neither without cannot nobody nothing nowhere except unless hardly non avoid lacks lacking
    nicht kein keine keinen keiner keinem nie niemals ohne weder außer
    ne pas jamais sans aucun aucune ni sauf nunca jamás sin ningún ninguna ninguno tampoco
    mai senza nessun nessuno nessuna não nem sem nenhum nenhuma niet geen nooit zonder
    нет не ни без никогда 不 没 没有 不是 ない
""")
ASKING = _words("""
    who whom whose when where why wer wem wen wann wo wohin woher warum qui quand où pourquoi quién cuándo dónde
    porqué chi quando dove perché quem onde wie waar wanneer waarom
""")
"""Words that ask for a person, a time, a place or a reason."""

OPPOSITES: Sequence[Sequence[str]] = _rows("""
    before after
    above below over under
    more less fewer most least
    max/maximum min/minimum
    maximize/maximise minimize/minimise
    up down
    rise/rises fall/falls set/sets
    asleep awake
    this next last
    increase/raise decrease/lower/reduce
    increasing decreasing
    enable disable
    enabled disabled
    on off
    start/begin stop/end/finish
    open close
    opened closed
    opening closing
    buy sell
    buying selling
    left right
    hot cold warm cool
    with without
    include exclude
    including excluding
    add remove/delete
    import export
    encrypt decrypt
    encode decode
    compress decompress
    upload download
    input output
    push pull
    north south east west
    morning evening/night noon
    today tomorrow yesterday
    best worst
    good bad
    high low
    highest lowest
    large/big small/little
    largest/biggest smallest
    long short
    longest shortest
    longer shorter
    old young new
    oldest youngest newest latest earliest
    early late
    fast/quick slow
    faster/quicker slower
    fastest/quickest slowest
    cheap expensive
    public private
    legal illegal
    safe dangerous/unsafe
    possible impossible
    true false
    same different
    inside/indoors outside/outdoors
    internal external
    lock unlock
    install uninstall
    connect disconnect
    attach detach
    accept reject/refuse
    allow deny forbid
    lend borrow
    win lose
    won lost
    pass fail
    gain loss profit
    gain lose
    income expense
    advantage/advantages/benefits/pros disadvantage/disadvantages/drawbacks/cons/risks
    male female
    men/man women/woman boy/boys girl/girls
    mother father
    son daughter
    brother sister
    husband wife
    mild severe
    acute chronic
    positive negative
    odd even
    ascending descending
    horizontal vertical
    horizontally vertically
    row/rows column/columns
    client server
    front back
    frontend backend
    wet dry
    soft hard
    raw cooked
    dog/dogs cat/cats
    day/days week/weeks month/months year/years decade/decades century/centuries
    daily weekly monthly yearly
    hour/hours minute/minutes seconds
    km/kilometer/kilometers/kilometre/kilometres mile/miles
    kg/kilogram/kilograms pound/pounds/lb/lbs ounce/ounces gram/grams
    celsius fahrenheit kelvin
    meter/meters/metre/metres foot/feet inch/inches yard/yards
    liter/liters/litre/litres gallon/gallons
    dollar/dollars/usd euro/euros/eur yen/jpy rupee/rupees sterling/gbp peso/pesos cny/yuan
    monday tuesday wednesday thursday friday saturday sunday
    breakfast lunch dinner
    red green blue yellow black white
    january february march april june july august september october november december
    spring summer autumn winter
    child/children adult/adults
    create destroy
    read write
    http https
    ipv4 ipv6
    tcp udp
    sync async
    synchronous asynchronous
    local remote
    serialize deserialize
    mount unmount
    subscribe unsubscribe
    activate deactivate cancel
    send receive
    arrive depart
    arrival departure
    birth death
    born died
    sunrise sunset
    vor nach
    öffne schließe
    mehr weniger
    öffnen schließen
    kaufen verkaufen
    avant après
    plus moins
    antes después
    más menos
    comprar vender
    abrir cerrar
""")
"""In a row words that say different things of the same; those with a stroke between them say one thing."""

OFTEN: Mapping[str, frozenset[str]] = {
    "en": _words("the is of to and in what how do does are you for a an my can i it on with me why when which should"),
    "de": _words(
        "der die das ist und wie was ich ein eine zu von mit für den dem man kann mir auf wird sind im welche"
    ),
    "fr": _words("le la les est et de du des un une je que quel quelle comment pour dans en vous on puis quels au mon"),
    "es": _words("el la los las es y de del un una que qué cómo para en por se cuál cuáles puedo me mi son con"),
    "it": _words("il lo la gli le è e di del un una che come per in quale qual posso mi sono con della dei"),
    "pt": _words("o a os as é e de do da um uma que como para em qual posso me são com meu minha por"),
    "nl": _words("de het een is en van hoe wat ik te voor op met kan mijn welke zijn in dat je"),
}
"""Words by which a language is told from others."""

FILLERS: frozenset[str] = frozenset[str]().union(*OFTEN.values()) | _words("""
    please tell explain could would will was were be been did about at by from this that these those there kindly
    quickly just exactly bitte hi hello hey thanks thank give show us we let know want need like what's get got right
    way ways make must have has meaning mean steps describe quick question may ask allowed used look command
""")
"""Words that say little of what a question is about."""
