"""Figures of the shape of the code: `python tools/code_figures.py [ROOT] [--list]`.

ROOT is a checkout of this repository, an older one too (`git worktree add /tmp/before COMMIT`); `--list` names
what was counted. Lessons are left out: their files stand alone by design. Imports inside functions and
those for type checkers count like any other.
"""

import argparse
import ast
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import grimp
import networkx

import plain_words

MAX_FUNCTION_LINES = 60
MAX_PARAMETERS = 8  # of a function of the library; the command line's have one for each option
LESSONS = "groundup.lessons"


def own_modules(root: Path) -> dict[str, Path]:
    """The modules of the package by their dotted names, without lessons."""
    source, modules = root / "src", {}
    for path in sorted((source / "groundup").rglob("*.py")):
        parts = path.relative_to(source).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if not f"{name}.".startswith(f"{LESSONS}.") and not {"template", "node_modules"} & set(parts):
            modules[name] = path
    return modules


def import_graph(root: Path, modules: dict[str, Path]) -> networkx.DiGraph:
    """An arrow from each module to each that it imports."""
    sys.path.insert(0, str(root / "src"))
    imports = grimp.build_graph("groundup", cache_dir=None)
    graph = networkx.DiGraph()
    graph.add_nodes_from(modules)
    for name in modules:
        if name in imports.modules:
            graph.add_edges_from((name, other) for other in imports.find_modules_directly_imported_by(name))
    return graph.subgraph(modules).copy()


def upward_arrows(root: Path, graph: networkx.DiGraph) -> list[str]:
    """Imports from a lower layer of pyproject.toml to a higher one, or to the package's root page."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    contract = next(
        entry for entry in settings["tool"]["importlinter"]["contracts"] if entry["type"] == "layers"
    )
    heights = {
        part.strip(): -depth for depth, layer in enumerate(contract["layers"]) for part in layer.split("|")
    }
    heights["groundup"] = 1

    def height(module: str) -> int | None:
        return heights.get(".".join(module.split(".")[:2]))

    return [
        f"{start} -> {end}"
        for start, end in sorted(graph.edges)
        if start != "groundup" and None not in (low := height(start), high := height(end)) and high > low
    ]


def definitions(modules: dict[str, Path]) -> Iterator[tuple[str, ast.AST]]:
    """(module, class or function) for each definition, nested ones too."""
    for name, path in modules.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                yield name, node


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    arguments = function.args
    names = [part.arg for part in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]]
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


def figures(root: Path) -> dict[str, list[str]]:
    """What is counted, by the name of its figure."""
    modules = own_modules(root)
    graph = import_graph(root, modules)
    inner = graph.subgraph(set(modules) - {"groundup"})
    circles = [group for group in networkx.strongly_connected_components(inner) if len(group) > 1]
    classes, long, wide = defaultdict(list), [], []
    for module, node in definitions(modules):
        if isinstance(node, ast.ClassDef):
            classes[node.name].append(module)
            continue
        length = node.end_lineno - node.lineno + 1
        if length > MAX_FUNCTION_LINES:
            long.append(f"{module}.{node.name}: {length} lines")
        if len(parameters(node)) > MAX_PARAMETERS and not module.startswith("groundup.cli"):
            wide.append(f"{module}.{node.name}: {len(parameters(node))} parameters")
    importers = {name: list(inner.predecessors(name)) for name in inner}
    lonely = [f"{name} <- {others[0]}" for name, others in sorted(importers.items()) if len(others) == 1]
    return {
        "circles of imports": [" <-> ".join(sorted(group)) for group in sorted(circles, key=sorted)],
        "modules in such circles": sorted(name for group in circles for name in group),
        "arrows up": upward_arrows(root, graph),
        "modules": list(modules),
        "lines of Python": [
            line for path in modules.values() for line in path.read_text(encoding="utf-8").splitlines()
        ],
        "modules with one importer": lonely,
        "class names used more than once": [
            f"{name}: {', '.join(places)}" for name, places in sorted(classes.items()) if len(places) > 1
        ],
        f"functions over {MAX_FUNCTION_LINES} lines": long,
        f"library functions with over {MAX_PARAMETERS} parameters": wide,
        "quaint words and names": list(plain_words.problems(root)),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("root", nargs="?", type=Path, default=Path(__file__).parents[1])
    options.add_argument("--list", action="store_true", help="name what was counted")
    arguments = options.parse_args()
    for name, items in figures(arguments.root.resolve()).items():
        print(f"{len(items):6}  {name}")
        if arguments.list and name not in ("modules", "lines of Python", "modules in such circles"):
            for item in items:
                print(f"          {item}")


if __name__ == "__main__":
    main()
