from __future__ import annotations

from pathlib import Path

from any_llm.testing.wire.index import Row, load_index

HEAD = "id\tfile\tstatus\tfeatures\tbytes\n"


def write(folder: Path, text: str) -> None:
    (folder / "index.tsv").write_text(text)


def test_rows_are_found_by_the_path_of_their_file(tmp_path: Path) -> None:
    write(tmp_path, f'{HEAD}a\tx/a.json\t200\tstream,tools\t12\nb\tb.json\t404\t\t"3\n')
    assert load_index(tmp_path) == {
        tmp_path / "x" / "a.json": Row("200", frozenset({"stream", "tools"}), "12"),
        tmp_path / "b.json": Row("404", frozenset(), '"3'),
    }


def test_the_index_of_the_whole_counts_for_a_part_and_for_one_file(tmp_path: Path) -> None:
    write(tmp_path, f"{HEAD}a\tx/a.json\t200\t\t12\n")
    folder = tmp_path / "x"
    folder.mkdir()
    (folder / "a.json").write_text("{}")
    assert set(load_index(folder)) == set(load_index(folder / "a.json")) == {folder / "a.json"}


def test_without_an_index_there_are_no_rows(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b" / "c"
    folder.mkdir(parents=True)
    assert load_index(folder) == {}


def test_a_table_of_something_else_is_no_index(tmp_path: Path) -> None:
    write(tmp_path, "name\tsize\nx\t1\n")
    assert load_index(tmp_path) == {}
    write(tmp_path, "")
    assert load_index(tmp_path) == {}
