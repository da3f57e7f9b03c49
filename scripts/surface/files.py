"""The files that the forms stand in."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from scripts.surface.forms import PRIVATE, WIDTH, async_functions, blocking_functions, blocking_methods
from scripts.surface.operations import Group, Imports, read

MADE = "Made by `scripts/surfaces.py` from `{source}`: change that, then run `make tables`."


def _import_lines(code: str, imports: Imports, running: Imports) -> str:
    """Import what the code names: what runs at the top, what only annotates for the type checkers."""
    names = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    for_types = {name: home for name, home in imports.items() if name not in running}
    top, typed = (
        [f"from {home} import {name}" for name, home in table.items() if name in names and home]
        for table in (running, for_types)
    )
    block = ["if TYPE_CHECKING:", *(f"    {line}" for line in typed)] if typed else []
    return "\n".join(["from typing import TYPE_CHECKING" if typed else "", *top, *block])


def _module(about: str, source: str, code: Sequence[str], imports: Imports, running: Imports) -> str:
    text = "\n\n\n".join(code)
    head = f'"""{about}\n\n{MADE.format(source=source)}\n"""\n\nfrom __future__ import annotations\n'
    return f"{head}\n{_import_lines(text, imports, running)}\n\n{text}\n"


def _variables(group: Group, code: Sequence[str]) -> list[str]:
    used = {node.id for text in code for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    return [line for line in group.variables if line.partition(" = ")[0] in used]


RUNNING: Imports = {
    "Sequence": "collections.abc",
    "TypeVar": "typing",
    "client_for": "any_llm.client.reference",
    "client_of": "any_llm.client.reference",
    "opens": "any_llm.client.downloads",
    "overload": "typing",
    "private_form": "any_llm.client.reference",
    "run": "any_llm.client.blocking",
    "run_download": "any_llm.client.downloads",
    "run_stream": "any_llm.client.blocking",
    "spell_out": "any_llm.client.signatures",
}
TYPES: Imports = {
    "FileDownload": "any_llm.types.downloads",
    "JSON": "any_llm.types.json",
    "KnownModel": "any_llm.types.known_models",
    "Mapping": "collections.abc",
    "Stream": "any_llm.client.blocking",
    "Unpack": "typing",
}


def _methods(group: Group) -> str:
    code = [blocking_methods(operation) for operation in group.operations]
    about = """The operations of one provider, each waiting for its answer.

    In a thread that runs an event loop they raise `RuntimeError`, except in a notebook or with
    `allow_running_loop=True`.
    """
    body = textwrap.indent("\n\n".join(code), "    ")
    text = f'class {group.blocking}({group.name}):\n    """{about}"""\n\n{body}'
    running = {**RUNNING, group.name: group.module}
    running |= {each.options: group.home(each.options) for each in group.operations}
    title = "Operations for blocking code: the same coroutines, run on the background loop."
    return _module(title, group.source, [*_variables(group, code), text], {**group.imports, **TYPES}, running)


def _every_operation(groups: Sequence[Group]) -> str:
    """Make the class of all operations; at run time all groups but the first come when one of them is asked for."""
    kinds = {group.blocking: f"any_llm.client.methods.blocking{group.suffix}" for group in groups}
    hooks = [f"_a{operation.name}" for group in groups for operation in group.operations if operation.hook]
    first, *others = groups
    late = {f"{kinds[group.blocking]}:{group.blocking}": tuple(_method_names(group)) for group in others}
    about = '"""Every operation, async and blocking."""'
    code = (
        f'HOOKS: Sequence[str] = {tuple(hooks)!r}\n"""The methods that subclasses may override."""',
        f'LATE: Mapping[str, Sequence[str]] = {late!r}\n"""The methods of each class that loads on first use."""',
        (
            f"if TYPE_CHECKING:\n    class EveryOperation({', '.join(kinds)}):\n        {about}\n"
            f"else:\n    @with_late(LATE)\n    class EveryOperation({first.blocking}):\n        {about}"
        ),
    )
    running = {**RUNNING, "Mapping": "collections.abc", "with_late": "any_llm.client.late"}
    running[first.blocking] = kinds.pop(first.blocking)
    return _module("Every operation as a method.", "client/operations*.py", code, kinds, running)


def _method_names(group: Group) -> Iterator[str]:
    yield from group.methods
    for operation in group.operations:
        yield operation.name
        if operation.name in PRIVATE:
            yield f"_{operation.name}"


def _users(names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"Parameters of the function {names[0]}."
    lines = textwrap.wrap(f"They are {', '.join(names)}.", WIDTH - 4)
    return "Parameters of several functions.\n\n" + textwrap.indent("\n".join(lines), " " * 4) + "\n    "


def _call_options(groups: Sequence[Group]) -> str:
    users: dict[str, tuple[str, list[str]]] = {}
    homes: dict[str, str] = {"ClientOptions": "any_llm.types.options", "ReachOptions": "any_llm.types.options"}
    for group, operation in ((each, operation) for each in groups for operation in each.operations):
        if operation.reached_by_position:
            continue
        reach = "ClientOptions" if operation.takes_model else "ReachOptions"
        bases = f"{operation.options}, {reach}"
        wanted, names = users.setdefault(operation.call_options, (bases, []))
        if wanted != bases:
            msg = f"{group.source}: {operation.name} needs options of its own, not {operation.options}"
            raise SystemExit(msg)
        names.append(f"`{operation.name}`")
        homes[operation.options] = group.home(operation.options)
    code = [f'class {name}({bases}, total=False):\n    """{_users(names)}"""' for name, (bases, names) in users.items()]
    about = "The parameters of the module functions: the operations', and how to reach a provider."
    return _module(about, "client/operations*.py", code, {}, homes)


def _functions(group: Group, *, a: bool) -> str:
    make = async_functions if a else blocking_functions
    code = [make(operation) for operation in group.operations]
    own = {each.options: group.home(each.options) for each in group.operations if each.reached_by_position}
    named = {each.call_options: "any_llm.client.functions.options" for each in group.operations}
    about = f"The module functions for {'async' if a else 'blocking'} code: one for each operation."
    code = [*_variables(group, code), *code]
    return _module(about, group.source, code, {**named, **group.imports, **TYPES}, {**RUNNING, **own})


def exports(groups: Sequence[Group]) -> Mapping[str, Sequence[str]]:
    """Return the modules of the functions, and the names in each."""
    return {
        f"any_llm.client.functions.{file}{group.suffix}": sorted(f"{prefix}{each.name}" for each in group.operations)
        for file, prefix in (("asynchronous", "a"), ("blocking", ""))
        for group in groups
    }


def _api(groups: Sequence[Group]) -> str:
    found = exports(groups)
    names = sorted(name for group in found.values() for name in group)
    lines = "\n".join(f"from {home} import {', '.join(names)}" for home, names in found.items())
    about = "The module functions under the name that Mozilla's `any_llm` gives them."
    return _module(about, "client/operations*.py", [f"{lines}\n\n__all__ = {names!r}"], {}, {})


def _replaced(text: str, gone: Sequence[ast.AST], above: int, lines: Sequence[str]) -> str:
    """Return a text without the lines of some nodes, and with others behind the line of the number `above`."""
    spans = (range(getattr(node, "lineno", 1) - 1, getattr(node, "end_lineno", 0)) for node in gone)
    numbers = {number for span in spans for number in span}
    old = text.splitlines()
    before, after = (
        [old[number] for number in span if number not in numbers] for span in (range(above), range(above, len(old)))
    )
    return "\n".join([*before, *lines, *after]) + "\n"


def root(text: str, groups: Sequence[Group]) -> str:
    """Return the package's `__init__.py` with the exports of the functions made anew."""
    prefix, found = "any_llm.client.functions.", exports(groups)
    old = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)]
    old = [node for node in old if f"{node.module}".startswith(prefix)]
    former = {alias.name for node in old for alias in node.names}
    imports = [f"    from {home} import {', '.join(names)}" for home, names in found.items()]
    text = _replaced(text, old, text.splitlines().index("if TYPE_CHECKING:") + 1, imports)

    homes = next(node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Dict))
    pairs = [(key, value) for key, value in zip(homes.keys, homes.values, strict=True) if key is not None]
    gone = [node for key, value in pairs if ast.literal_eval(key).startswith(prefix) for node in (key, value)]
    above = min((node.lineno - 1 for node in gone), default=homes.lineno)
    text = _replaced(text, gone, above, [f"    {home!r}: {tuple(names)!r}," for home, names in found.items()])

    exported = next(node.value for node in ast.parse(text).body if ast.unparse(node).startswith("__all__"))  # type: ignore[attr-defined]  # it is an assignment
    others = {*ast.literal_eval(exported)} - former
    names = sorted({*others, *(name for names in found.values() for name in names)})
    listed = textwrap.fill(", ".join(f'"{name}"' for name in names), 116, break_on_hyphens=False)
    lines = ["__all__ = [", textwrap.indent(f"{listed},", "    "), "]  # fmt: skip"]
    return _replaced(text, [exported], exported.lineno - 1, lines)


def surfaces(package: Path) -> Mapping[Path, str]:
    """Make every file from the operations of the package in a folder; they are not formatted yet."""
    groups = read(package / "client")
    about = "Made by `scripts/surfaces.py`; one module for each group of operations."
    made = {
        "__init__.py": root((package / "__init__.py").read_text("utf-8"), groups),
        "api.py": _api(groups),
        "client/methods/__init__.py": f'"""{about}"""\n',
        "client/methods/every.py": _every_operation(groups),
        "client/functions/__init__.py": f'"""{about}"""\n',
        "client/functions/options.py": _call_options(groups),
    }
    for group in groups:
        made[f"client/methods/blocking{group.suffix}.py"] = _methods(group)
        made[f"client/functions/asynchronous{group.suffix}.py"] = _functions(group, a=True)
        made[f"client/functions/blocking{group.suffix}.py"] = _functions(group, a=False)
    return {package / name: text for name, text in made.items()}
