"""Bodies are cut into samples and counted as the file of shapes was: its lines come out again of the recordings."""

from __future__ import annotations

import pytest

from any_llm.testing.mock.shapes import count_shapes, load_shapes, samples_of
from any_llm.testing.recordings import load_recordings
from tests.testing.reading.shared_folder import WIRE

pytestmark = pytest.mark.unmeasured  # what the recordings show is measured in the tests beside this


def test_the_lines_of_the_file_come_out_of_the_recordings_again() -> None:
    recordings, _ = load_recordings(WIRE)
    counted = count_shapes(
        (recording.provider, recording.api, sample)
        for recording in recordings
        if recording.grade in {"A", "B"}
        for sample in samples_of(recording.response.status, recording.response.content_type, recording.response.body)
    )

    written = load_shapes(WIRE / "shapes.tsv").rows
    shares = [(row, counted.shares(*row[:4]).get(row.path, {}).get(row.type, 0.0)) for row in written]

    # The file leaves out answers whose JSON was recorded as text, so that a share may be a little off.
    assert len(written) > 7000
    assert [row for row, share in shares if not share] == []
    assert sum(abs(row.share - share) < 0.01 for row, share in shares) > 0.95 * len(written)
