"""What names tell of sizes: ``columns`` are few by the nature of things, ``rows`` are as many as there are data.

A name is no proof. It only decides whether reading alone is enough to bring a finding up, or a run must show it first.
"""

from __future__ import annotations

import re
from functools import lru_cache

# Few whatever the data: parts of a program, of a description, or of one thing.
FEW = frozenset("""
    action alias alphabet alternative ancestor annotation arch arg argument args argv aspect asset attr attribute
    author axes axis backend base bit boundary branch browser byte callback capability category channel charset choice
    class classifier cls cmd codec col color colour column cols command comparator component condition conf config
    constraint converter cookie country criteria criterion currency database day db decorator default dependency
    device digit dim dimension directive domain driver dtype encoding engine enum env environ environment error
    exception exclude excluded expected ext extension extra factor feature field filter fixture flag font format
    formatter function generic group handler head header hint hook host hour ignore ignored import include included
    ingredient input instrument interface kind kwarg kwargs lang language layer level license listener loader local
    locale maintainer manager member metric middleware mime mirror mode modifier module month mro namespace op operand
    operator opt option opts output override package panel param parameter params parent parser part partner pass
    pattern penalty permission phase piece platform plugin port preset processor profile property protocol provider
    qualifier quarter reader regex remote renderer repo requirement reserved role root scale schema scope section
    segment selector server service setting shape shortcut sign signature slot source spec staff stage step style
    subcommand subclass suffix superclass supported supertype symbol tab table tag target template test theme thread
    timezone title tool topic type tz unit validator variant verb version view voice warning week weekday widget
    worker writer year
    """.split())
# As many as the data: what programs are given, count, store, walk and send.
MANY = frozenset("""
    album article atom bond booking candle codepoint comment commit contig customer datapoint descendant doc
    document edge embedding employee file filename filepath fragment gene genome invoice kmer leaf line mail
    measurement molecule mutation ngram node observation occurrence order particle patient payment peak photo pixel
    population post price protein purchase quad record residue review row sale sample sentence sequence song spectrum
    stock student submission subscriber taxon ticket timestamp trade transaction transcript triangle triple triplet
    tweet user vertex voxel word
    """.split())
# One of them is a single thing with few parts; how many there are of them, no name tells.
SINGLE = MANY | frozenset("""
    account address bin book cell chapter character chunk client contact coord coordinate entry event face feed frame hash
    hit id identifier image individual interval issue item link listing log message note page paragraph passage point
    polygon primer product question quote reading reception request response revision score session span state strand
    success thing track transition uri url uuid vector visit
    """.split())
# Of graphs and trees, which have as many nodes as there are data.
GRAPH = frozenset("""
    child children descendant dir directory edge folder graph leaf link neighbor neighbour node predecessor subdir
    subfolder subgraph subtree successor tree vertex
    """.split())
# What a method begins with that gives everything there is of something.
ALL_OF = frozenset("fetch iter iterate scan select stream walk".split())
# One of them holds as many.
WHOLE = frozenset(
    "alignment corpus dataframe dataset df graph playlist population stdin text trajectory tree".split()
)
IRREGULAR = {
    "vertices": "vertex",
    "indices": "index",
    "children": "children",
    "leaves": "leaf",
    "axes": "axis",
    "matrices": "matrix",
    "taxa": "taxon",
    "spectra": "spectrum",
    "criteria": "criterion",
    "classes": "class",
    "aliases": "alias",
    "hashes": "hash",
    "processes": "process",
    "addresses": "address",
    "bases": "base",
    "cases": "case",
    "databases": "database",
    "responses": "response",
    "sentences": "sentence",
    "sequences": "sequence",
    "sources": "source",
    "services": "service",
    "devices": "device",
    "licenses": "license",
    "images": "image",
    "messages": "message",
}
# What a list of things may be called by after them, or by itself when it may hold anything.
CONTAINERS = frozenset(
    "list lst array arr seq sequence iterable iterator collection vec tuple set dict map".split()
)
ANYTHING = frozenset(
    "iterable iterator it seq sequence xs ys lst arr array list data values items elements ids".split()
)
# A thing's part that tells it from all others, so that there are as many of them as of the things.
IDENTITIES = frozenset("""
    accession address barcode checksum digest doi email fingerprint gid guid hash id ident identifier isbn key md5 nid
    number offset oid path pk position sha sha1 sha256 sid timestamp uid uri url uuid
    """.split())
TELLING = IDENTITIES | {"name", "label", "code"}  # there are as many as of what they tell apart
# Parts and things that are text or numbers, which hash as they compare.
FLAT = IDENTITIES | frozenset("""
    char character codepoint count date filename idx index int integer label length line name num position sku slug
    string str sum term text title total word year
    """.split())
# Calls that give as many elements as what they are given (with so many arguments), or as what they are asked of.
PASSED = {"range": 1, "map": 2, "filter": 2} | dict.fromkeys(
    "list tuple set frozenset sorted reversed enumerate iter zip deque tqdm cycle chain islice".split(), 0
)
ASKED = frozenset({"items", "keys", "values", "copy", "most_common", "elements", "iteritems", "itervalues"})
# Calls that give as many as there are data: lines of a file, rows of a query, files of a folder, matches in a text.
READ = frozenset("""
    open readlines splitlines fetchall fetchmany iterrows itertuples finditer rglob iterdir listdir scandir walk
    iterparse read_csv reader DictReader execute imap_unordered nlargest nsmallest accumulate combinations permutations product
    iter_lines iter_content iter_chunks iter_bytes iter_raw chunks xreadlines getElementsByTagName
    """.split())
SPLIT = frozenset({"split", "rsplit", "partition", "rpartition", "groups", "groupdict", "mro", "shape", "dims"})
# What a text is still told apart by.
SPELLED = frozenset("strip rstrip lstrip lower upper casefold encode decode removeprefix removesuffix".split())
MAPPED = ASKED - {"copy", "most_common", "elements"}
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


@lru_cache(maxsize=4096)
def words(name: str) -> tuple[tuple[str, bool], ...]:
    """The words of an identifier in the singular, each with whether it stood in the plural."""
    return tuple(_singular(part) for one in _WORDS.findall(name) for part in _apart(one.lower()))


def _apart(word: str) -> tuple[str, ...]:
    """Words that are written together: ``edgelist``, ``userids``, ``filenames``."""
    for end in ("list", "ids", "names", "map", "set", "dict"):
        begin = word.removesuffix(end)
        if begin != word and _singular(begin)[0] in SINGLE | FEW:
            return (begin, end)
    return (word,)


def _singular(word: str) -> tuple[str, bool]:
    if word in IRREGULAR:
        return IRREGULAR[word], True
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y", True
    if word.endswith(("xes", "ches", "shes", "sses")):
        return word[:-2], True
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 2:
        return word[:-1], True
    return word, False


def names_parts(name: str) -> bool:
    """Whether it speaks of parts of a program, of a description, or of one thing."""
    return any(word in FEW or f"{word}s" in FEW for word, _ in words(name))


def names_few(name: str) -> bool:
    """Whether a collection of this name holds few things, or the parts of one thing (``row``, ``line``)."""
    found = words(name)
    if not found or names_parts(name):
        return bool(found)
    last, plural = found[-1]
    return last in SINGLE - WHOLE and not plural and last not in ANYTHING


def names_many(name: str) -> bool:
    """Whether a collection of this name holds as many things as there are data."""
    found = list(words(name))
    if not found or names_few(name):
        return False
    contained = _uncontained(found)
    last, plural = found[-1]
    if last in WHOLE or name == "G":  # as mathematicians call a graph
        return True
    return _tells_many_apart(found) or (last in MANY and (plural or contained))


def _tells_many_apart(found: list[tuple[str, bool]]) -> bool:
    """``order_ids``: as many as there are orders."""
    return len(found) > 1 and found[-1][1] and found[-1][0] in TELLING and found[-2][0] in MANY


def _uncontained(found: list[tuple[str, bool]]) -> bool:
    """Leave out what says that it is a list of what is before; whether anything did."""
    before = len(found)
    while len(found) > 1 and found[-1][0] in CONTAINERS:
        found.pop()
    return len(found) < before


def names_graph(name: str) -> bool:
    """Whether it speaks of a graph or a tree."""
    return any(word in GRAPH for word, _ in words(name))


def gives_all(name: str) -> bool:
    """Whether a method of this name gives all of what is stored: ``iter_notes``, ``fetch_users``."""
    found = words(name)
    return len(found) > 1 and found[0][0] in ALL_OF and found[-1][1] and not names_parts(name)


def holds_anything(name: str) -> bool:
    """Whether the name says that it is a collection, and nothing of what."""
    return name.strip("_").lower() in ANYTHING


def identifies(name: str) -> bool:
    """Whether an attribute, item or variable of this name tells a thing from all others."""
    found = words(name)
    return bool(found) and found[-1][0] in IDENTITIES and not found[-1][1]


def holds_flat(name: str) -> bool:
    """Whether a collection of this name holds text or numbers: ``names``, ``ids``."""
    found = words(name)
    return bool(found) and found[-1][0] in FLAT and found[-1][1]


def is_flat(name: str) -> bool:
    """Whether a value of this name is text or a number."""
    found = words(name)
    return bool(found) and found[-1][0] in FLAT and not found[-1][1]
