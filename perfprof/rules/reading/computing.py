"""Functions of the standard library that compute from their arguments alone, when these are plain values.

No clock, no locale, no environment, no file, no state that calls share: two calls with equal arguments give equal results.
What is given to them may be changed (`heapq.heappush`), which a closed function does to its own data only. Sources are
the reference of each module and its code; ``tests/test_reading_computing.py`` calls each one twice.
"""

from __future__ import annotations

# Left out on purpose: decimal (a context), calendar.monthrange's neighbours (the first day of the week), locale, time, random,
# operator.attrgetter and methodcaller (which read what no method gives), os.path.abspath and its like (the working folder).
_NAMES = {
    "base64": "b64encode b64decode b32encode b32decode b16encode b16decode urlsafe_b64encode urlsafe_b64decode",
    "binascii": "hexlify unhexlify crc32 b2a_hex a2b_hex b2a_base64 a2b_base64",
    "bisect": "bisect bisect_left bisect_right insort insort_left insort_right",
    "calendar": "isleap leapdays monthrange",
    "collections": "Counter OrderedDict defaultdict deque",
    "colorsys": "rgb_to_hls hls_to_rgb rgb_to_hsv hsv_to_rgb rgb_to_yiq yiq_to_rgb",
    "copy": "copy deepcopy",
    "difflib": "SequenceMatcher get_close_matches",
    "fnmatch": "fnmatchcase translate",
    "functools": "reduce",
    "hashlib": "md5 sha1 sha224 sha256 sha384 sha512 blake2b blake2s",
    "heapq": "heapify heappush heappop heappushpop heapreplace nlargest nsmallest merge",
    "html": "escape unescape",
    "itertools": "accumulate chain combinations combinations_with_replacement compress count cycle dropwhile filterfalse "
    "groupby islice pairwise permutations product repeat starmap takewhile tee zip_longest",
    "json": "dumps loads",
    "math": "acos acosh asin asinh atan atan2 atanh cbrt ceil comb copysign cos cosh degrees dist e erf erfc exp exp2 expm1 fabs "
    "factorial floor fmod frexp fsum gamma gcd hypot inf isclose isfinite isinf isnan isqrt lcm ldexp lgamma log log10 log1p "
    "log2 modf nan nextafter perm pi pow prod radians remainder sin sinh sqrt sumprod tan tanh tau trunc ulp fma",
    "operator": "add sub mul truediv floordiv mod neg pos not_ and_ or_ xor lt le eq ne ge gt itemgetter getitem contains concat",
    "os": "basename dirname join split splitext normpath commonprefix isabs",  # of os.path
    # The locale tells what a letter is for patterns of bytes that ask it: texts have no such flag.
    "re": "compile escape findall finditer fullmatch match search split sub subn A ASCII I IGNORECASE M MULTILINE S DOTALL X VERBOSE",
    "statistics": "mean fmean median median_low median_high mode multimode pstdev pvariance stdev variance",
    "string": "ascii_letters ascii_lowercase ascii_uppercase capwords digits hexdigits octdigits printable punctuation whitespace",
    "struct": "calcsize pack unpack unpack_from iter_unpack",
    "textwrap": "dedent fill indent shorten wrap",
    "unicodedata": "bidirectional category combining decimal decomposition digit east_asian_width is_normalized lookup mirrored "
    "name normalize numeric",
    "urllib": "quote quote_plus unquote unquote_plus urlencode urljoin",  # of urllib.parse
    "zlib": "adler32 compress crc32 decompress",
}  # fmt: skip
# By module and name, as `callees.standard` tells them.
COMPUTING = frozenset(f"{module}.{name}" for module, names in _NAMES.items() for name in names.split())
# Those whose path has three parts: ``os.path.join``.
INSIDE = {"os": "os.path", "urllib": "urllib.parse"}
