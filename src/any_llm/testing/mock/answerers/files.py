"""Scripts in files: rules in TOML, or a Python file that decides by itself."""

from __future__ import annotations

import runpy
import tomllib
from pathlib import Path

import msgspec

from any_llm.exceptions import ConfigurationError
from any_llm.testing.mock.answerers.answerer import Answerer
from any_llm.testing.mock.answerers.matching import When
from any_llm.testing.mock.answerers.script import Rule, Script
from any_llm.types.json import JSON, is_list, is_mapping


def load_script(path: str | Path) -> Answerer:
    """Return the answerer that a file holds.

    A `.toml` file has tables `[[rule]]` with the fields of `Rule`. A `.py` file, which is run, has a function
    `answer(request)`, sync or async, or a list `rules` of `Rule`s or of objects with their fields.

    Raises:
        ConfigurationError: the file cannot be read, or holds no such thing.
    """
    path = Path(path)
    if not path.is_file():
        raise ConfigurationError(f"There is no script {str(path)!r}")
    if path.suffix == ".py":
        return _from_python(path)
    try:
        tree = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The script {str(path)!r} is not valid TOML: {error}") from error
    unknown = sorted(tree.keys() - {"rule"})
    if unknown or not is_list(tree.get("rule")):
        raise ConfigurationError(f"The script {str(path)!r} holds {unknown or 'no rule'}; it holds tables [[rule]]")
    return script_of(tree["rule"], str(path))


def script_of(rules: JSON, where: str = "the script") -> Script:
    """Return the script of a list of rules or of objects with their fields.

    Raises:
        ConfigurationError: one of them is no rule; the error tells which.
    """
    return Script([_rule(rule, f"{where}, rule {number}") for number, rule in enumerate(rules, 1)])


def _rule(given: JSON, where: str) -> Rule:
    if isinstance(given, Rule):
        return given
    if not is_mapping(given):
        raise ConfigurationError(f"{where}: {given!r} is no rule; a rule is a Rule or an object with its fields")
    unknown = sorted(given.keys() - set(Rule.__struct_fields__))
    if unknown:
        known = ", ".join(Rule.__struct_fields__)
        raise ConfigurationError(f"{where} has unknown items {unknown}; it may have {known}")
    fields = dict(given)
    try:
        fields["when"] = msgspec.convert(given.get("when", {}), When)
        fields |= {name: tuple(given[name]) for name in ("answers", "turns") if name in given}
        return Rule(**fields)
    except (msgspec.ValidationError, ConfigurationError, TypeError) as error:
        raise ConfigurationError(f"{where} is not valid: {error}") from error


def _from_python(path: Path) -> Answerer:
    try:
        names = runpy.run_path(str(path))
    except Exception as error:
        raise ConfigurationError(f"The script {str(path)!r} does not run: {error!r}") from error
    if callable(names.get("answer")):
        return names["answer"]
    if is_list(names.get("rules")):
        return script_of(names["rules"], str(path))
    raise ConfigurationError(f"The script {str(path)!r} has neither a function answer(request) nor a list rules")
