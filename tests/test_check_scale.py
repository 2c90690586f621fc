"""What check brings up without a recording: only where the code itself says that n is large and that guards will hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfprof.optimizer.checking import check
from perfprof.optimizer.options import CheckOptions

LARGE = {
    "lines of a file": """
        def missing(path, words):
            known = [line.strip() for line in open(path)]
            return [word for word in words if word not in known]
        """,
    "lines of a file that `with` opened, stripped": """
        def distinct(path):
            found = []
            with open(path) as stream:
                for line in stream:
                    name = line.strip().lower()
                    if name not in found:
                        found.append(name)
            return found
        """,
    "what is typed or piped in": """
        import sys

        def shown():
            seen = []
            for line in sys.stdin:
                if line not in seen:
                    seen.append(line)
                    print(line)
        """,
    "words of the lines of a file, added up": """
        def words(path):
            return sum([line.split() for line in open(path)], [])
        """,
    "rows of a cursor": """
        def missing(cursor, order_ids):
            known = [row[0] for row in cursor.fetchall()]
            return [order_id for order_id in order_ids if order_id not in known]
        """,
    "a collection that may be anything": """
        def unique(items):
            found = []
            for item in items:
                if item not in found:
                    found.append(item)
            return found
        """,
    "what identifies each of many": """
        def doubles(db):
            ids = []
            for note in db.iter_notes():
                note_id = note.get_id()
                if note_id in ids:
                    print(note_id)
                ids.append(note_id)
        """,
    "a walk of a graph": """
        def reachable(start):
            seen = set()
            queue = [start]
            while queue:
                node = queue.pop(0)
                seen.add(node)
                for other in node.links():
                    if other not in seen:
                        queue.append(other)
            return seen
        """,
    "numbers of nodes": """
        def positions(graph):
            nodes = list(graph)
            places = {}
            for node in graph:
                places[node] = nodes.index(node)
            return places
        """,
    "a walk that adds all neighbours at once": """
        def reachable(graph, start):
            seen = set()
            queue = [start]
            while queue:
                node = queue.pop(0)
                seen.add(node)
                neighbours = [other for other in graph.around(node) if other not in seen]
                queue += neighbours
            return seen
        """,
    "bytes that come in chunks": """
        def received(response):
            data = b""
            for chunk in response.iter_content():
                data += chunk
            return data
        """,
    "what a socket gives until it is closed": """
        def received(connection):
            data = b""
            while True:
                part = connection.recv(4096)
                if not part:
                    break
                data += part
            return data
        """,
    "no test is needed to add in place": """
        def drawn(n, make):
            found = []
            for number in range(n):
                found = found + [make(number)]
            return found
        """,
    "errors tell of doubles": """
        def check(alignment):
            names = []
            for record in alignment:
                name = record.id.strip()
                if name in names:
                    raise ValueError(name)
                names.append(name)
        """,
}
SMALL = {
    "parts of a sentence that a parser has read, one list in another": """
        def flatten(seq):
            return sum(seq, [])
        """,
    "columns are few": """
        def rest(rows, columns):
            left = [column.lower() for column in columns]
            return [name for row in rows for name in row if name not in left]
        """,
    "parts of one line": """
        def parts(lines):
            for line in lines:
                words = line.split()
                yield [word for word in words if word not in words[1:]]
        """,
    "kinds of many": """
        def colors(items):
            found = []
            for item in items:
                if item.color not in found:
                    found.append(item.color)
            return found
        """,
    "elements are objects": """
        def dedupe(nodes):
            found = []
            for node in nodes:
                if node not in found:
                    found.append(node)
                    node.mark()
            return found
        """,
    "a graph, but three steps far": """
        def near(start):
            queue = [(0, start)]
            while queue:
                depth, node = queue.pop(0)
                if depth > 3:
                    break
                for other in node.links():
                    queue.append((depth + 1, other))
        """,
    "filled again when it is empty": """
        def run(source):
            queue = []
            while True:
                if not queue:
                    queue.extend(source.more())
                if not queue:
                    break
                queue.pop(0)()
        """,
    "parts of one thing, with nothing that tells of more": """
        def parts(head):
            offsets = [head.first]
            while offsets:
                section = head.at(offsets.pop(0))
                yield section
                for entry in section.read():
                    if entry.tag in KNOWN:
                        offsets.append(entry.value)
        """,
    "what it is built upon": """
        def resolution(start, known):
            todo = [start]
            while todo:
                stage = todo.pop(0)
                yield stage
                for base in stage.config.get("bases", ()):
                    todo.append(known[base])
        """,
    "what each call writes out": """
        def add(self, *parts):
            todo = list(parts)
            while todo:
                part = todo.pop(0)
                todo.extend(part.more())
        """,
    "elements may have an equality of their own": """
        def accepted(seq):
            found = []
            for item in seq:
                check(item)
                if item not in found:
                    found.append(item)
            return found
        """,
    "what was typed": """
        def parse_args(lines):
            seen = []
            for line in lines:
                if line not in seen:
                    seen.append(line)
            return seen
        """,
    "when the program begins": """
        seen = []
        for line in open("names"):
            if line not in seen:
                seen.append(line)
        """,
    "computed once for all turns": """
        def places(names, lines):
            order = None
            for line in lines:
                if order is None:
                    order = sorted(names)
                print(line, order)
        """,
    "pages of a thousand": """
        def fetched(fetch, limit):
            found, offset = b"", 0
            while offset < limit:
                page, offset = fetch(offset)
                found += page
            return found
        """,
    "more than a hundred are refused": """
        def missing(store, order_ids):
            if len(order_ids) > 100:
                raise ValueError(order_ids)
            known = [row["id"] for row in store.fetchall()]
            return [order_id for order_id in order_ids if order_id not in known]
        """,
    "what the maker of the function writes out": """
        def unpacked(*items):
            def unpack(bag):
                values = ()
                for item in items:
                    values += tuple(bag[item])
                return values

            return unpack
        """,
    "ids of parts": """
        def left(before, pages):
            ctx_ids = [one["id"] for one in before]
            return [page for page in pages if page["id"] not in ctx_ids]
        """,
    "the fields of a form": """
        def encoded(data):
            out = b""
            for key in data.keys():
                out += key
            return out
        """,
    "a test at each of several additions": """
        def digest(lines):
            found = b""
            for line in lines:
                if line:
                    found += one(line)
                else:
                    found += other(line)
            return found
        """,
    "the head of a message": """
        def head(connection):
            data = b""
            while len(data) < 4:
                part = connection.recv(4)
                data += part
            return data
        """,
    "a test at each addition, and perhaps few": """
        def digest(items):
            found = b""
            for item in items:
                found += one(item)
            return found
        """,
    "what could not be hashed": """
        def unique(seq):
            try:
                return list(dict.fromkeys(seq))
            except TypeError:
                pass
            found = []
            for item in seq:
                if item not in found:
                    found.append(item)
            return found
        """,
    "taken out one by one, with another way beside": """
        def others(nodes, kept):
            nodes = [node.name for node in nodes]
            for name in nodes[:]:
                if name in kept:
                    nodes.remove(name)
            return nodes
        """,
    "paths are objects": """
        def both(files, folder):
            files = list(files)
            return [file for file in files if folder / file.name in files]
        """,
}


def written(folder: Path, source: str) -> CheckOptions:
    """A project of one module."""
    lines = source.strip("\n").splitlines()
    indent = len(lines[0]) - len(lines[0].lstrip())
    (folder / "m.py").write_text("\n".join(line[indent:] for line in lines) + "\n", "utf-8")
    return CheckOptions(folder, cache=False)


@pytest.mark.parametrize("source", LARGE.values(), ids=LARGE)
def test_what_is_large_by_reading_is_shown(tmp_path: Path, source: str) -> None:
    assert len(check(written(tmp_path, source)).outcomes) == 1


@pytest.mark.parametrize("source", SMALL.values(), ids=SMALL)
def test_what_may_be_small_waits_for_a_recording(tmp_path: Path, source: str) -> None:
    assert not check(written(tmp_path, source)).outcomes


def test_what_waits_is_counted_and_shown_on_request(tmp_path: Path) -> None:
    options = written(tmp_path, SMALL["kinds of many"])
    assert check(options).unmeasured == 1
    assert len(check(CheckOptions(tmp_path, cache=False, unmeasured=True)).outcomes) == 1


TWICE = """
    def places(lines, words):
        known = [line.strip() for line in lines]
        return [known.index(word) for word in words if word in known]
    """


def test_one_line_for_what_is_asked_of_one_list(tmp_path: Path) -> None:
    assert len(check(written(tmp_path, TWICE)).outcomes) == 1
