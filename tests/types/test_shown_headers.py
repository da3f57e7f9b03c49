"""Headers of answers never show the key that a call was made with."""

from __future__ import annotations

import pickle

from any_llm.types.secret import Secret
from any_llm.types.shown_headers import ShownHeaders

KEY = Secret("sk-canary-0123456789")


def test_a_key_that_a_server_says_back_is_not_shown_anywhere() -> None:
    headers = ShownHeaders({"x-echo": f"Bearer {KEY.reveal()}", "server": "s"}, KEY)
    assert KEY.reveal() not in repr(headers)
    assert headers["x-echo"] == "Bearer ********"
    assert KEY.reveal().encode() not in pickle.dumps(headers)


def test_headers_are_a_mapping_like_any_other() -> None:
    plain = {"content-type": "application/json", "server": "s"}
    headers = ShownHeaders(plain, KEY)
    assert len(headers) == 2
    assert list(headers) == list(plain)
    assert headers == plain
    assert "server" in headers
    assert headers.get("date") is None
    assert pickle.loads(pickle.dumps(headers)) == plain  # noqa: S301  # pickled here
