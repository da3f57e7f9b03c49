"""The operations as their async methods say them, read from the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

Imports = Mapping[str, str]
"""For each name that a module imports, where it comes from."""


class Operation(NamedTuple):
    """One operation, as its async method says it."""

    name: str
    overloads: Sequence[ast.AsyncFunctionDef]
    method: ast.AsyncFunctionDef
    options: str
    omissible: Mapping[str, ast.expr] | None
    hook: bool

    @property
    def takes_model(self) -> bool:
        """Whether a model is asked, rather than a provider."""
        return [argument.arg for argument in self.method.args.args[1:2]] == ["model"]

    @property
    def reached_by_position(self) -> bool:
        """Whether the functions take the key and the base as ordinary parameters."""
        return not self.takes_model and self.options == "CallOptions" and not self.parameters

    @property
    def parameters(self) -> Sequence[str]:
        """The names of the positional parameters, without `self` and `model`."""
        return [argument.arg for argument in self.method.args.args[2 if self.takes_model else 1 :]]

    @property
    def keywords(self) -> Sequence[str]:
        """The names of the keywords beside the options."""
        return [argument.arg for argument in self.method.args.kwonlyargs]

    @property
    def call_options(self) -> str:
        """The name of the options that the functions take."""
        if self.reached_by_position:
            return self.options
        kind = "Model" if self.takes_model else "Provider"
        return f"{self.options.removesuffix('CallOptions').removesuffix('Options') or kind}CallOptions"

    @property
    def doc(self) -> str:
        """The method's docstring."""
        return ast.get_docstring(self.method) or ""

    @property
    def summary(self) -> str:
        """What the operation does, in a few words without a stop."""
        return self.doc.partition("\n")[0].partition(";")[0].rstrip(".")


class Group(NamedTuple):
    """One class of operations, the module it stands in, that module's imports and type variables, and its methods."""

    source: str
    name: str
    operations: Sequence[Operation]
    imports: Imports
    variables: Sequence[str]
    methods: Sequence[str]

    @property
    def suffix(self) -> str:
        """What the group's files have behind their names."""
        return Path(self.source).stem.removeprefix("operations")

    @property
    def blocking(self) -> str:
        """The name of the class with the blocking methods."""
        return f"Blocking{self.name.removeprefix('Async')}"

    @property
    def module(self) -> str:
        """The full name of the module the group stands in."""
        return f"any_llm.client.{Path(self.source).stem}"

    def home(self, name: str) -> str:
        """Return the module that a name comes from."""
        return self.imports.get(name, self.module)


def _imports(tree: ast.Module) -> Imports:
    found = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    return {alias.asname or alias.name: node.module or "" for node in found for alias in node.names}


def _mark(method: ast.AsyncFunctionDef, name: str) -> ast.Call | None:
    calls = (node for node in method.decorator_list if isinstance(node, ast.Call))
    return next((call for call in calls if ast.unparse(call.func) == name), None)


def _operations(kind: ast.ClassDef) -> Iterator[Operation]:
    methods = [node for node in kind.body if isinstance(node, ast.AsyncFunctionDef)]
    names = {method.name for method in methods}
    for method in methods:
        if (mark := _mark(method, "spell_out")) is None:
            continue
        omissible = _mark(method, "omissible")
        yield Operation(
            name=method.name.removeprefix("a"),
            overloads=[other for other in methods if other.name == method.name and other is not method],
            method=method,
            options=ast.unparse(mark.args[0]),
            omissible={word.arg or "": word.value for word in omissible.keywords} if omissible else None,
            hook=f"_{method.name}" in names,
        )


def _methods(kind: ast.ClassDef) -> Sequence[str]:
    functions = (node for node in kind.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return list(dict.fromkeys(node.name for node in functions))


def read(client: Path) -> list[Group]:
    """Read the operations from the modules in the folder `client`."""
    groups: list[Group] = []
    for path in sorted(client.glob("operations*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        variables = [ast.unparse(node) for node in tree.body if "TypeVar(" in ast.unparse(node)]
        found = ((node, list(_operations(node))) for node in tree.body if isinstance(node, ast.ClassDef))
        groups.extend(
            Group(f"client/{path.name}", kind.name, operations, _imports(tree), variables, _methods(kind))
            for kind, operations in found
            if operations
        )
    return groups
