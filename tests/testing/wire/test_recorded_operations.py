"""The recordings of each operation of each provider, replayed: the proofs that the feature matrix names."""

from __future__ import annotations

from collections import defaultdict

import pytest

from any_llm.testing.matrix.evidence import Evidence, evidence, gather, place_of
from any_llm.testing.recordings import Recording, load_recordings
from any_llm.testing.wire.folder import open_folder
from any_llm.testing.wire.replaying import replay
from any_llm.testing.wire.scopes import SCOPES
from any_llm.testing.wire.verdict import Verdict
from tests.measuring import unmeasured
from tests.testing.reading.shared_folder import WIRE


def grouped() -> dict[str, list[Recording]]:
    """Return the recordings by the provider and operation they are of."""
    groups: defaultdict[str, list[Recording]] = defaultdict(list)
    for recording in load_recordings(WIRE)[0]:
        if recording.api in SCOPES:
            groups["-".join(place_of(recording))].append(recording)
    return dict(groups)


GROUPS = grouped()
MEASURED = 5
"""How many recordings of each are traced for coverage; those that follow take the same ways."""


@pytest.mark.parametrize("place", sorted(GROUPS))
async def test_recordings_pass(place: str) -> None:
    faults = {recording.id: (await replay(recording)).faults for recording in GROUPS[place][:MEASURED]}
    with unmeasured():
        faults |= {recording.id: (await replay(recording)).faults for recording in GROUPS[place][MEASURED:]}

    assert len(faults) == len(GROUPS[place])
    assert {name: found for name, found in faults.items() if found} == {}


async def test_the_evidence_that_is_kept_is_what_the_recordings_show() -> None:
    kept = evidence()
    shown = gather([(recording, _passed(recording)) for recording in open_folder(WIRE).recordings])

    assert _counts(kept) == _counts(shown)
    assert kept.models == shown.models


def _passed(recording: Recording) -> Verdict:
    # Whether it passes is what the test above says.
    return Verdict(id=recording.id, provider=recording.provider, api=recording.api, decoded=True, encoded=None)


def _counts(told: Evidence) -> dict[str, dict[str, int]]:
    return {
        provider: {name: proof.recordings for name, proof in proofs.items()}
        for provider, proofs in told.operations.items()
    }
