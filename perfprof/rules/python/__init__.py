"""Rules for Python code, one file each."""

# The rules that may find something by reading alone, in the order of their files, and names of which one then stands in the text;
# () for any text. Of all others only a run can tell.
BY_READING = {
    "array-append-in-loop": ("numpy",),
    "constant-rebuilt-in-loop": (),
    "dedupe-by-list": ("enumerate",),
    "dict-keys-scan": ("list", "tuple", "keys", "values"),
    "frame-cells-in-loop": ("range", "index"),
    "frame-concat-in-loop": ("pandas",),
    "frame-iterrows": ("iterrows",),
    "immutable-concatenation": (),
    "linear-search": (),
    "list-count": ("count",),
    "list-index": ("index",),
    "list-membership": (),
    "loop-invariant-call": (),
    "nested-loop-join": (),
    "prefix-sum": ("sum",),
    "pure-recursion": (),
    "quadratic-concatenation": (),
    "queue-on-attribute": ("pop", "insert"),
    "queue-on-list": ("pop", "insert"),
    "regex-in-loop": ("match", "search", "find", "sub", "split", "compile"),
    "remove-in-loop": ("remove",),
    "sort-in-loop": ("sort",),
    "window-sum": ("sum",),
}
