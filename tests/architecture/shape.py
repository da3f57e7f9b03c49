"""The rules about the shape of the source, each a function from a module to what is wrong with it."""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple, TypeAlias

MAX_LINES, MAX_FUNCTION, MAX_ARMS = 400, 60, 5
DATA = frozenset({"providers/catalog.py", "types/known_models.py"})
"""Modules that are tables, and as long as the table is."""

EVERYWHERE = frozenset({"any_llm", "msgspec", "typing_extensions"})
HOMES: Mapping[str, tuple[str, ...]] = {
    "aiodns": ("transport/",),
    "aiohttp": ("transport/", "testing/mock/"),
    "anthropic": ("types/",),
    "cryptography": ("audit/", "auth/jwt.py", "stores/sealed.py"),
    "concurrent": ("client/blocking.py", "local/", "stores/sqlite.py"),
    "cyclopts": ("cli/",),
    "genai_prices": ("providers/prices.py",),
    "psycopg": ("audit/database.py", "stores/ledger/postgres.py"),
    "rfc8785": ("audit/canonical.py",),
    "httpx": ("transport/",),
    "httpx2": ("transport/",),
    "matplotlib": ("testing/bench/", "cli/cost_plot.py"),
    "multiprocessing": (),
    "multidict": ("transport/",),
    "numpy": ("pipeline/nearness.py",),
    "openai": ("types/",),
    "opentelemetry": ("telemetry/",),
    "presidio_analyzer": ("sanitising/presidio.py",),
    "prometheus_client": ("telemetry/backends/prometheus.py",),
    "pydantic": ("types/", "schemas/", "schemas.py"),
    "pydantic_core": ("types/",),
    "pytest": ("testing/pytest_plugin.py",),
    "queue": ("client/blocking.py", "local/"),
    "redis": ("stores/redis.py",),
    "requests": (),
    "rich": ("cli/",),
    "socket": ("transport/", "testing/", "local/", "telemetry/backends/statsd.py"),
    "splintr": ("providers/tokenizers.py",),
    "sqlite3": ("audit/", "stores/"),
    "ssl": ("transport/", "engine/settings.py", "testing/mock/certificates/"),
    "subprocess": ("local/", "testing/"),
    "threading": (
        "audit/",
        "client/blocking.py",
        "local/",
        "observers/behind.py",
        "pipeline/learned.py",
        "pipeline/nearness.py",
        "pipeline/shelf.py",
        "stores/ledger/",
        "stores/memory.py",
        "telemetry/backends/opentelemetry.py",
        "testing/mock/",
    ),
    "xllamacpp": ("local/", "testing/llama_server.py"),
    "yarl": ("transport/",),
}
"""Each package that is not for everyone, and the only places that import it."""

STDLIB = sys.stdlib_module_names - HOMES.keys()
DRAWERS = frozenset({"utils", "util", "helpers", "helper", "common", "base", "core", "misc", "manager", "managers"})
KNOWN_VENDORS = frozenset({
    "anthropic", "azure", "bedrock", "cerebras", "cohere", "deepseek", "fireworks", "gemini", "groq", "mistral",
    "moonshot", "ollama", "openai", "openrouter", "perplexity", "together", "vertex", "vllm", "voyage", "xai",
})  # fmt: skip
"""Vendors no branch may name, also while the catalogue does not list them yet."""

TRANSPORTS = frozenset({"http", "local", "mock"})
"""What a provider's record may name as its transport; the provider called `local` is no vendor."""

PURE = ("types/", "spec/", "dialects/", "bridges/")
HANDED_OUT = ("client/", "engine/", "pipeline/", "testing/", "__init__.py", "api.py", "any_llm.py")
"""Places whose public functions give their return value to a user or to middleware."""

GENERATORS = frozenset({"Iterator", "Generator", "AsyncIterator", "AsyncGenerator"})
READ_ONLY = frozenset({"Mapping", "Sequence", "Collection", "Iterable", "Set", "AbstractSet", "frozenset", "tuple"})
MUTABLE = frozenset({
    "bytearray", "dict", "list", "set", "defaultdict", "deque", "Counter", "OrderedDict", "ChainMap", "local",
    "WeakKeyDictionary", "WeakSet", "WeakValueDictionary",
})  # fmt: skip
CLOCKS = frozenset({"now", "utcnow", "today", "urandom", "uuid4"})
THREAD_HOPS = frozenset({"to_thread", "run_in_executor"})
WAIVER = re.compile(r"#\s*(?:ruff:\s*)?(noqa|type:\s*ignore|pyright:\s*ignore|mypy:\s*ignore|pragma:\s*no\s*\w+)(.*)")
CODED = re.compile(r"^(?::\s*[A-Z]+\d+|\[[\w\s,-]+\])")

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


class Module(NamedTuple):
    """A source file: its path below the package, and its text."""

    path: str
    text: str
    vendors: frozenset[str] = KNOWN_VENDORS

    def inside(self, *places: str) -> bool:
        """Say whether the module is one of these files, or lies in one of these folders."""
        return any(self.path.startswith(place) if place.endswith("/") else self.path == place for place in places)

    @property
    def tree(self) -> ast.Module:
        """The parsed source."""
        return _parse(self.text)[0]

    @property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the tree; each rule goes through them, so they are gathered once."""
        return _parse(self.text)[1]


@lru_cache(maxsize=4)
def _parse(text: str) -> tuple[ast.Module, tuple[ast.AST, ...]]:
    tree = ast.parse(text)
    return tree, tuple(ast.walk(tree))


Rule: TypeAlias = Callable[[Module], Iterator[str]]


def modules(package: Path) -> list[Module]:
    """Read every module of the package in a folder."""
    vendors = KNOWN_VENDORS | set(catalogue(package)) - TRANSPORTS
    return [
        Module(path.relative_to(package).as_posix(), path.read_text("utf-8"), vendors)
        for path in sorted(package.rglob("*.py"))
    ]


def catalogue(package: Path) -> list[str]:
    """Return the names of the catalogue's providers in their order, read from its source."""
    source = package / "providers" / "catalog.py"
    tree = ast.parse(source.read_text("utf-8") if source.exists() else "")
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    named = ([*call.args[:1], *(word.value for word in call.keywords if word.arg == "name")] for call in calls)
    values = [(part.lineno, part.value) for parts in named for part in parts if isinstance(part, ast.Constant)]
    return [name for _, name in sorted(values, key=itemgetter(0)) if isinstance(name, str)]


def functions(module: Module) -> Iterator[Function]:
    """Yield every function of a module, methods and nested ones included."""
    return (node for node in module.nodes if isinstance(node, Function))


def module_is_small(module: Module) -> Iterator[str]:
    """A module has at most 400 lines."""
    lines = len(module.text.splitlines())
    if lines > MAX_LINES and module.path not in DATA:
        yield f"{lines} lines, at most {MAX_LINES}: split the axis that made it grow"


def functions_are_small(module: Module) -> Iterator[str]:
    """A function has fewer than 60 lines."""
    for function in functions(module):
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        if lines >= MAX_FUNCTION:
            yield f"line {function.lineno}: {function.name} has {lines} lines, fewer than {MAX_FUNCTION} wanted"


def _arms(node: ast.If) -> int:
    count = 1
    while len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
        node, count = node.orelse[0], count + 1
    return count


def ladders_are_short(module: Module) -> Iterator[str]:
    """An `if` has at most 5 arms."""
    for node in module.nodes:
        if isinstance(node, ast.If) and (arms := _arms(node)) > MAX_ARMS:
            yield f"line {node.lineno}: {arms} arms, at most {MAX_ARMS}: use a table or `match`"


def no_branch_on_a_vendor(module: Module) -> Iterator[str]:
    """No module outside `providers/` compares with a vendor's name."""
    if module.inside("providers/"):
        return
    for node in module.nodes:
        if isinstance(node, ast.Compare | ast.MatchValue):
            constants = {leaf.value for leaf in ast.walk(node) if isinstance(leaf, ast.Constant)}
            for name in sorted(constants & module.vendors, key=str):
                yield f"line {node.lineno}: decides by the name {name!r}: ask for a capability, or put it into data"


def _imported(node: ast.AST) -> set[str]:
    match node:
        case ast.Import():
            return {alias.name.partition(".")[0] for alias in node.names}
        case ast.ImportFrom():
            return {(node.module or "").partition(".")[0]}
        case _:
            return set()


def packages_have_one_home(module: Module) -> Iterator[str]:
    """A third-party package, and what starts threads or processes, is imported in its home only."""
    for node in module.nodes:
        for root in sorted(_imported(node) - EVERYWHERE - STDLIB - {"__future__"}):
            if not module.inside(*HOMES.get(root, ())):
                home = " or ".join(HOMES.get(root, ())) or "nowhere yet (tests/architecture/shape.py lists the homes)"
                yield f"line {getattr(node, 'lineno', 0)}: imports {root!r}, whose home is {home}"


def no_thread_hops(module: Module) -> Iterator[str]:
    """Only the local model's runtime hands work to a thread pool."""
    if module.inside("local/"):
        return
    for node in module.nodes:
        if isinstance(node, ast.Attribute | ast.Name):
            name = node.attr if isinstance(node, ast.Attribute) else node.id
            if name in THREAD_HOPS:
                yield f"line {node.lineno}: {name}: no thread or executor on a network path"


def _annotation_root(annotation: ast.expr | None) -> str:
    node = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is_context_manager(function: Function) -> bool:
    return any("contextmanager" in ast.unparse(decorator) for decorator in function.decorator_list)


def no_bare_generators(module: Module) -> Iterator[str]:
    """No public function that hands its value to a user returns a bare generator."""
    if not module.inside(*HANDED_OUT):
        return
    for function in functions(module):
        root = _annotation_root(function.returns)
        if root in GENERATORS and not function.name.startswith("_") and not _is_context_manager(function):
            yield f"line {function.lineno}: {function.name} returns {root}: return a stream that can be closed"


class Waiver(NamedTuple):
    """A comment that silences a tool."""

    line: int
    text: str
    coded: bool
    reason: str


def _waivers(text: str) -> Iterator[Waiver]:
    if not WAIVER.search(text):
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and (found := WAIVER.match(token.string)):
            kind, rest = found.group(1), found.group(2).strip()
            code = CODED.match(rest)
            coded = kind.startswith("pragma") or code is not None
            yield Waiver(token.start[0], found.group(0), coded, rest[code.end() if code else 0 :].strip("# "))


def waivers_have_reasons(module: Module) -> Iterator[str]:
    """Every `noqa`, `ignore` and `pragma` names a code, and the comment behind or above it says why."""
    lines = module.text.splitlines()
    found = {waiver.line: waiver for waiver in _waivers(module.text)}
    for number, waiver in found.items():
        if not waiver.coded:
            yield f"line {number}: {waiver.text!r} names no code"
        above = next((lines[other - 1] for other in range(number - 1, 0, -1) if other not in found), "")
        if not waiver.reason and not above.strip().startswith("#"):
            yield f"line {number}: {waiver.text!r} has no comment behind or above it that says why"


def _held(node: ast.stmt) -> tuple[list[ast.expr], ast.expr | None, ast.expr | None]:
    match node:
        case ast.Assign():
            return node.targets, node.value, None
        case ast.AnnAssign():
            return [node.target], node.value, node.annotation
        case _:
            return [], None, None


def _is_mutable(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Call):
        name = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
        return name in MUTABLE
    return isinstance(value, ast.Dict | ast.List | ast.Set | ast.DictComp | ast.ListComp | ast.SetComp)


def _is_read_only(annotation: ast.expr | None) -> bool:
    if _annotation_root(annotation) in {"Final", "ClassVar"} and isinstance(annotation, ast.Subscript):
        return _is_read_only(annotation.slice)
    return _annotation_root(annotation) in READ_ONLY


def _is_field(statement: ast.stmt) -> bool:
    # A value's field: msgspec copies its default for each instance, and ruff's RUF012 refuses it in other classes.
    return isinstance(statement, ast.AnnAssign) and _annotation_root(statement.annotation) != "ClassVar"


def no_module_state(module: Module) -> Iterator[str]:
    """Nothing mutable stands at the top of a module or class; tables are annotated as read-only."""
    for node in module.nodes:
        if isinstance(node, ast.Global):
            yield f"line {node.lineno}: global {', '.join(node.names)}: pass the value down"
        if not isinstance(node, ast.Module | ast.ClassDef):
            continue
        for statement in node.body:
            if isinstance(node, ast.ClassDef) and _is_field(statement):
                continue
            targets, value, annotation = _held(statement)
            names = [ast.unparse(target) for target in targets]
            if names and names != ["__all__"] and _is_mutable(value) and not _is_read_only(annotation):
                yield f"line {statement.lineno}: {names[0]} is mutable: annotate a table as Mapping or Sequence"


def no_junk_drawers(module: Module) -> Iterator[str]:
    """No file or folder is called `utils`, `helpers`, `common` or the like."""
    for part in Path(module.path).with_suffix("").parts:
        if set(part.strip("_").split("_")) & DRAWERS:
            yield f"{part!r} says nothing: name what is inside"


def pure_rooms_read_no_clock(module: Module) -> Iterator[str]:
    """Types, specification, dialects and bridges take the time as an argument."""
    if not module.inside(*PURE):
        return
    for node in module.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS:
            yield f"line {node.lineno}: {ast.unparse(node.func)}(): time and randomness are arguments"


def middleware_file_holds_one_class_of_its_name(module: Module) -> Iterator[str]:
    """`middleware/rate_limit.py` holds the public class `RateLimit`, and no other."""
    path = Path(module.path)
    if not module.inside("middleware/") or path.stem.startswith("_"):
        return
    public = [node.name for node in module.tree.body if isinstance(node, ast.ClassDef) and node.name[0] != "_"]
    wanted = "".join(part.title() for part in path.stem.split("_"))
    if public != [wanted]:
        yield f"public classes {public}, wanted is {wanted} alone"


RULES: tuple[Rule, ...] = (
    module_is_small,
    functions_are_small,
    ladders_are_short,
    no_branch_on_a_vendor,
    packages_have_one_home,
    no_thread_hops,
    no_bare_generators,
    waivers_have_reasons,
    no_module_state,
    no_junk_drawers,
    pure_rooms_read_no_clock,
    middleware_file_holds_one_class_of_its_name,
)


def violations(module: Module) -> list[str]:
    """Return what every rule finds wrong with a module."""
    return [f"{module.path}: {rule.__name__}: {finding}" for rule in RULES for finding in rule(module)]
