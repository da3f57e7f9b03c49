"""Descriptions of parameters are found in every style of docstring."""

from __future__ import annotations

import pytest

from any_llm.schemas.docstrings import parse_docstring

GOOGLE = """Find a book.

    Looks everywhere.

    Args:
        title (str): The title,
            or a part of it.
        *years: From when.

        limit: How many: at most ten.
        silent:

    Returns:
        The books.
    """

NUMPY = """Find a book.

    Looks everywhere.

    Parameters
    ----------
    title : str
        The title,
        or a part of it.
    years, months : int, optional
        From when.
    limit
        How many: at most ten.

    Returns
    -------
    list
        The books.
    """

REST = """Find a book.

    Looks everywhere.

    :param str title: The title,
        or a part of it.
    :type title: str
    :param years: From when.
    :keyword limit: How many: at most ten.
    :returns: The books.
    """


@pytest.mark.parametrize("text", [GOOGLE, NUMPY, REST], ids=["google", "numpy", "rest"])
def test_parameters_are_described_in_each_style(text: str) -> None:
    parameters = parse_docstring(text).parameters
    assert parameters["title"] == "The title, or a part of it."
    assert parameters["years"] == "From when."
    assert parameters["limit"] == "How many: at most ten."
    assert "silent" not in parameters


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        (GOOGLE, "Returns:\n    The books."),
        (NUMPY, "Returns\n-------\nlist\n    The books."),
        (REST, ":returns: The books."),
    ],
    ids=["google", "numpy", "rest"],
)
def test_text_keeps_everything_but_the_parameters(text: str, rest: str) -> None:
    assert parse_docstring(text).text == f"Find a book.\n\nLooks everywhere.\n\n{rest}"


def test_numpy_names_share_a_description() -> None:
    assert parse_docstring(NUMPY).parameters["months"] == "From when."


@pytest.mark.parametrize(
    "text",
    [
        "Only a summary.",
        "Args: are discussed here.",
        "Args:",
        "Parameters",
        "Parameters\nare discussed here.",
        "See :ref:`x`.",
    ],
)
def test_text_that_only_looks_like_a_list_of_parameters_stays(text: str) -> None:
    assert parse_docstring(text) == (text, {})


def test_indented_section_without_entries_stays() -> None:
    text = "Find.\n\nArgs:\n    nothing to tell"
    assert parse_docstring(text) == (text, {})


def test_numpy_section_at_the_end_is_read_to_its_end() -> None:
    text = "Find.\n\nParameters\n----------\ntitle\n    The title."
    assert parse_docstring(text) == ("Find.", {"title": "The title."})


def test_text_before_the_first_numpy_entry_belongs_to_none() -> None:
    text = "Find.\n\nParameters\n----------\n    stray words here\ntitle\n    The title."
    assert parse_docstring(text).parameters == {"title": "The title."}


def test_text_before_the_first_google_entry_belongs_to_none() -> None:
    text = "Find.\n\nArgs:\n    stray words\n    title: The title."
    assert parse_docstring(text).parameters == {"title": "The title."}
