"""Says what networkx reads of GML and GraphML files, for the tests that hold our readers against it.

Arguments: a folder, a seed, a number of random graphs, then files. Writes the random graphs to the folder, each as GML and
as GraphML in one of the forms that networkx writes, and each of these once more with some lines left out, doubled or
exchanged. Then answers a JSON object a line for each file, those of the folder before the others: what networkx read, or
why it refused. Values are texts that begin with their kind: t text, i integer, r real number, b truth value; a list or a
group of values is told by its members, named "key[0]" and "key.member".
"""

import json
import pathlib
import random
import sys
import warnings

import networkx as nx

TEXTS = [
    "", " ", " a ", "a&b", "<x>", '"quoted"', "it's", "Zürich", "日本", "\U0001f600", "line\nbreak", "tab\there", "&amp;",
    "&#252;", "&uuml;", "&nosuch;", "&", "# no comment", "[ ]", "()", "1.5", "NA", "e\u0301", "]]>", "-", "\u00a0x",
]
KEYS = ["label", "Latitude", "LinkSpeedRaw", "weight", "host_bandwidth_up", "note", "Flag", "x1", "latency"]


KINDS = {
    "text": lambda draw: draw.choice(TEXTS),
    "integer": lambda draw: draw.choice([0, 1, -1, 7, 2**31 - 1, -(2**31), 2**31, 2**40, draw.randrange(10**6)]),
    "real": lambda draw: draw.choice(
        [0.0, -0.0, 1.5, 1e-7, 1e22, 1e300, -2.25, float("inf"), -float("inf"), float("nan"), draw.random()]),
    "truth": lambda draw: draw.choice([True, False]),
}


def plain(draw):
    return KINDS[draw.choice(list(KINDS))](draw)


def nested(draw, depth=0):
    kind = draw.randrange(6)
    if kind < 4 or depth > 1:
        return plain(draw)
    if kind == 4:
        return {draw.choice(["a", "b", "c_1"]): nested(draw, depth + 1) for _ in range(draw.randrange(1, 3))}
    # A list inside a list has no form in GML.
    return [draw.choice([1, 2.5, "x", "y&z"]) for _ in range(draw.randrange(4))]


def node(draw, v):
    return draw.choice([v, f"n{v}", f"{draw.choice(TEXTS)}{v}", float(v) + 0.5, (v, v + 1)])


def random_graph(draw, keys):
    """A graph of a random kind, with values of some attributes, each made by a function of its own."""
    graph = draw.choice([nx.Graph, nx.DiGraph, nx.MultiGraph, nx.MultiDiGraph])()

    def values():
        return {key: make(draw) for key, make in keys.items() if draw.random() < 0.7}

    nodes = []
    for v in range(draw.randrange(1, 8)):
        name = node(draw, v)
        # As texts two names may be one.
        if str(name) not in map(str, nodes):
            nodes.append(name)
            graph.add_node(name, **values())
    for _ in range(draw.randrange(2 * len(nodes) + 1)):
        graph.add_edge(draw.choice(nodes), draw.choice(nodes), **values())
    if draw.random() < 0.5:
        graph.graph["title"] = draw.choice(TEXTS)
    return graph


def write_gml(draw, path):
    graph = random_graph(draw, {key: nested for key in draw.sample(KEYS[1:], draw.randrange(1, 5))})
    stringizer = draw.choice([None, nx.readwrite.gml.literal_stringizer, str])
    if stringizer is not None:
        # Something that only a stringizer makes a text of.
        graph.graph["strange"] = None if stringizer is str else 1j
    nx.write_gml(graph, path, stringizer=stringizer)


def write_graphml(draw, path):
    """Where networkx would write two keys with one id, or a default for values of several kinds, each attribute has one
    kind: it could not read the others. Nor does it tell the defaults of two keys with one id apart."""
    form = draw.randrange(3)
    is_named, has_defaults = form == 1, form == 2
    names = draw.sample(KEYS, draw.randrange(1, 5))
    if is_named or has_defaults:
        keys = {key: KINDS[draw.choice(list(KINDS))] for key in names}
    else:
        keys = {key: plain for key in names}
    graph = random_graph(draw, keys)
    if has_defaults:
        for kind in ["node_default", "edge_default"]:
            defaults = {key: make(draw) for key, make in keys.items() if draw.random() < 0.7}
            # An empty default it reads as the text None.
            graph.graph[kind] = {key: value for key, value in defaults.items() if value != ""}
    identity = None
    if draw.random() < 0.3:
        identity = "identity"
        for k, (*_, values) in enumerate(graph.edges(data=True)):
            values["identity"] = k
    nx.write_graphml_xml(
        graph, path, encoding=draw.choice(["utf-8", "utf-16", "iso-8859-1"]), prettyprint=draw.random() < 0.5,
        named_key_ids=is_named, edge_id_from_attribute=identity)


def write(draw, folder, number):
    for form, write_form in [("gml", write_gml), ("graphml", write_graphml)]:
        path = folder / f"{number:04d}.{form}"
        write_form(draw, path)
        yield path


def mutate(draw, path):
    """The same file with some lines changed."""
    lines = path.read_bytes().split(b"\n")
    for _ in range(draw.randrange(1, 3)):
        i, k = draw.randrange(len(lines)), draw.randrange(len(lines))
        action = draw.randrange(3)
        if action == 0:
            lines[i] = b""
        elif action == 1:
            lines.insert(k, lines[i])
        else:
            lines[i], lines[k] = lines[k], lines[i]
    changed = path.with_stem(path.stem + "-changed")
    changed.write_bytes(b"\n".join(lines))
    return changed


def flat(values):
    result = {}

    def add(name, item):
        if isinstance(item, dict):
            for key, inner in item.items():
                add(f"{name}.{key}", inner)
        elif isinstance(item, (list, tuple)) and item:
            for k, inner in enumerate(item):
                add(f"{name}[{k}]", inner)
        elif isinstance(item, (list, tuple)):
            result[name] = f"t{item!r}"
        elif isinstance(item, bool):
            result[name] = f"b{item}".lower()
        elif isinstance(item, int):
            result[name] = f"i{item}"
        elif isinstance(item, float):
            result[name] = f"r{item!r}"
        else:
            result[name] = f"t{item}"

    for key, item in values.items():
        add(key, item)
    return result


def read(path):
    if path.suffix == ".gml":
        graph = nx.read_gml(path, label=None)
        # Of a graph with parallel edges it tells edges apart by it; of others it would be an attribute.
        for *_, values in graph.edges(data=True):
            values.pop("key", None)
    else:
        graph = nx.read_graphml(path, force_multigraph=True)
    return {
        "directed": graph.is_directed(),
        "nodes": [{"id": str(v), "values": flat(values)} for v, values in graph.nodes(data=True)],
        "edges": [
            {"source": str(a), "target": str(b), "values": flat(values)} for a, b, values in graph.edges(data=True)],
        "nodeDefaults": flat(graph.graph.get("node_default", {})),
        "edgeDefaults": flat(graph.graph.get("edge_default", {})),
    }


def main():
    warnings.simplefilter("ignore")
    folder, seed, count = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    draw = random.Random(seed)
    files = []
    for number in range(count):
        for path in write(draw, folder, number):
            files += [path, mutate(draw, path)]
    for path in files + [pathlib.Path(name) for name in sys.argv[4:]]:
        answer = {"file": str(path)}
        try:
            answer["graph"] = read(path)
        except Exception as error:  # whatever it is: networkx does not read this file
            answer["refused"] = f"{type(error).__name__}: {error}"
        print(json.dumps(answer))


main()
