"""Each form of an operation, as source text."""

from __future__ import annotations

import ast
import copy
import inspect
import re
import textwrap
from collections.abc import Mapping, Sequence

from typing_extensions import override

from scripts.surface.operations import Operation

PRIVATE = frozenset({
    "embedding", "image_edit", "image_generation", "moderation", "rerank", "speech", "transcription",
})  # fmt: skip
"""Operations whose blocking form has a private name in the drop-in."""

WIDTH = 120
MODEL = "`provider:model`, or the model's name when `provider` is given"
DEFAULT_MODEL = "; without one, the default model, which is small, runs on this machine and needs no key"
REACH: Mapping[str, str] = {
    "api_key": "its key, instead of the environment's.",
    "api_base": "where its API begins, instead of the usual place.",
    "client_args": "further arguments of `AnyLLM.create`.",
}
LOOP = ast.arg("allow_running_loop", ast.parse("bool | None", mode="eval").body)


BLOCKING: Mapping[str, str] = {"EventStream": "Stream", "AsyncFileDownload": "FileDownload"}
"""What comes piece by piece, as blocking code gets it."""
RUNS: Mapping[str, str] = {"EventStream": "run_stream", "AsyncFileDownload": "run_download"}
"""What makes the one of the other."""


class _Blocking(ast.NodeTransformer):
    """What an async form returns, as its blocking form returns it."""

    @override
    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(BLOCKING[node.id]) if node.id in BLOCKING else node


def _form(
    operation: Operation, method: ast.AsyncFunctionDef, arguments: ast.arguments, body: Sequence[ast.stmt], *, a: bool
) -> str:
    """Write one function: the implementation, or one of the overloads above it."""
    returns = copy.deepcopy(method.returns)
    if not a:
        arguments.kwonlyargs.append(LOOP)
        arguments.kw_defaults.append(ast.Constant(None))
        returns = returns and _Blocking().visit(returns)
    overloaded = method is not operation.method
    options = ast.unparse(arguments.kwarg.annotation or ast.Constant("")) if arguments.kwarg else ""
    options = options.removeprefix("Unpack[").removesuffix("]")
    # The functions' own options are named only, and load when somebody asks for the signature.
    mark = "overload" if overloaded else f"spell_out({options if options == operation.options else repr(options)})"
    kind = ast.AsyncFunctionDef if a else ast.FunctionDef
    also = [each for each in operation.method.decorator_list if isinstance(each, ast.Name)] if a else []
    function = kind(
        name=f"a{operation.name}" if a else operation.name,
        args=arguments,
        body=[ast.Expr(ast.Constant(...))] if overloaded else list(body),
        decorator_list=[*also, ast.Name(mark)],
        returns=returns,
    )
    return ast.unparse(ast.fix_missing_locations(function))


def short_doc(operation: Operation) -> str:
    """Make the docstring of a blocking form, which points to the async one."""
    line = f"{operation.summary}; see `a{operation.name}`."
    return line if len(line) <= WIDTH - len('        """"""') else f"{operation.summary}.\n\nSee `a{operation.name}`."


def _body(doc: str, code: str) -> list[ast.stmt]:
    text = f"{doc}\n" if "\n" in doc else doc
    return [ast.Expr(ast.Constant(text)), *ast.parse(code).body]


def _run(operation: Operation) -> str:
    """Return what makes the answer of an operation one for blocking code; empty where it is one already."""
    returned = ast.walk(operation.method.returns) if operation.method.returns else ()
    return next((RUNS[node.id] for node in returned if isinstance(node, ast.Name) and node.id in RUNS), "")


def blocking_methods(operation: Operation) -> str:
    """Make the blocking method of an operation, with its overloads."""
    first = ["model"] if operation.takes_model else []
    words = [*first, *operation.parameters, *(f"{word}={word}" for word in operation.keywords), "**options"]
    code = f"run(self.a{operation.name}({', '.join(words)}), allow_running_loop=allow_running_loop)"
    body = _body(
        short_doc(operation),
        f"return {run}({code})" if (run := _run(operation)) else f"return {code}",
    )
    methods = (*operation.overloads, operation.method)
    forms = [_form(operation, method, copy.deepcopy(method.args), body, a=False) for method in methods]
    private = [f"\n_{operation.name} = {operation.name}"] if operation.name in PRIVATE else []
    return "\n".join([*forms, *private])


def _function_arguments(operation: Operation, method: ast.AsyncFunctionDef) -> ast.arguments:
    arguments = copy.deepcopy(method.args)
    del arguments.args[0]
    omissible = operation.omissible or {}
    defaults = dict(zip(reversed([each.arg for each in arguments.args]), reversed(arguments.defaults), strict=False))
    if operation.takes_model:
        arguments.args[0] = ast.arg("model", ast.parse("KnownModel | str | None", mode="eval").body)
        defaults.update({"model": ast.Constant(None), **omissible} if omissible else {})
    else:
        arguments.args.insert(0, ast.arg("provider", ast.Name("str")))
    if operation.reached_by_position:
        kinds = {"api_key": "str | None", "api_base": "str | None", "client_args": "Mapping[str, JSON] | None"}
        arguments.args += [ast.arg(name, ast.parse(kind, mode="eval").body) for name, kind in kinds.items()]
        defaults.update({name: ast.Constant(None) for name in kinds})
    arguments.defaults = [defaults[each.arg] for each in arguments.args if each.arg in defaults]
    arguments.kwarg = ast.arg("options", ast.parse(f"Unpack[{operation.call_options}]", mode="eval").body)
    return arguments


def _client(operation: Operation) -> str:
    if operation.takes_model:
        return "client, name = client_for(model, options)"
    given = ", ".join(f"'{name}': {name}" for name in REACH)
    return f"client = client_of(provider, {f'{{{given}}}' if operation.reached_by_position else 'options'})"


def _words(operation: Operation) -> list[str]:
    """Say how a function hands on its arguments; programs that replace the client in their tests look for this."""
    given = {"model": "name"} if operation.takes_model else {}
    given |= {name: name for name in operation.parameters}
    by_position = operation.name in PRIVATE if operation.takes_model else len(given) == 1
    words = [value if by_position else f"{name}={value}" for name, value in given.items()]
    return [*words, *(f"{word}={word}" for word in operation.keywords)]


def function_doc(operation: Operation) -> str:
    """Make the docstring of the async function from that of the method."""
    doc = inspect.cleandoc(operation.doc)
    found = re.search(r"^Args:\n((?:    .*\n?)+)", doc, re.MULTILINE)
    entries = dict(re.findall(r"^ {4}(\S+): ((?:.*\n?)(?: {8}.*\n?)*)", found[1] if found else "", re.MULTILINE))
    reach = "ClientOptions" if operation.takes_model else "ReachOptions"
    see = entries.get("**options", f"see `{operation.options}`.")
    if operation.takes_model:
        entries = {**entries, "model": f"{MODEL}{DEFAULT_MODEL if operation.omissible else ''}."}
    else:
        entries = {"provider": "the provider's name.", **entries}
    if operation.reached_by_position:
        entries = {**entries, **REACH}
    else:
        see = see.replace(f"`{operation.options}`", f"`{operation.options}` and `{reach}`", 1)
    lines = (
        textwrap.fill(" ".join(f"{name}: {text}".split()), WIDTH - 4, initial_indent=" " * 4, subsequent_indent=" " * 8)
        for name, text in {**entries, "**options": see}.items()
    )
    section = "\n".join(("Args:", *lines))
    if found:
        return f"{doc[: found.start()]}{section}\n{doc[found.end() :]}"
    before, raises, after = doc.partition("Raises:")
    return f"{before.rstrip()}\n\n{section}\n\n{raises}{after}".rstrip()


def async_functions(operation: Operation) -> str:
    """Make the async module function of an operation, with its overloads."""
    call = f"return await client.a{operation.name}({', '.join([*_words(operation), '**options'])})"
    body = _body(function_doc(operation), f"{_client(operation)}\n{call}")
    methods = (*operation.overloads, operation.method)
    return "\n".join(
        _form(operation, method, _function_arguments(operation, method), body, a=True) for method in methods
    )


def blocking_functions(operation: Operation) -> str:
    """Make the blocking module function of an operation, with its overloads."""
    words, name = _words(operation), operation.name
    call = f"return client.{name}({', '.join([*words, 'allow_running_loop=allow_running_loop', '**options'])})"
    if name in PRIVATE:
        private = f"return private_form(client, {name!r})({', '.join([*words, '**options'])})"
        call = f"if allow_running_loop is not None:\n    {call}\n{private}"
    body = _body(short_doc(operation), f"{_client(operation)}\n{call}")
    methods = (*operation.overloads, operation.method)
    return "\n".join(
        _form(operation, method, _function_arguments(operation, method), body, a=False) for method in methods
    )
