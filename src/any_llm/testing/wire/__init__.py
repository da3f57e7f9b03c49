"""Replaying recorded exchanges through the whole library, and comparing what it makes of them with what they say.

The recorded request is said once more through the public API, and must come out as it was recorded. The recorded answer
is played into the transport's seam, and the public values (or the exception) must say what the independent reading of
the recorded bytes says. `any-llm wire` is the command for it.
"""
