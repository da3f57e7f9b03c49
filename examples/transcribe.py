"""Write down what is said in a recording, with the time of each word: `transcribe.py [FILE] [MODEL]`."""

from __future__ import annotations

import sys

from any_llm import transcription

path = sys.argv[1] if len(sys.argv) > 1 else "meeting.mp3"
model = sys.argv[2] if len(sys.argv) > 2 else "openai:whisper-1"
answer = transcription(model, path, timestamp_granularities=["word"])
print(answer.text)
for word in answer.words or []:
    print(f"{word.start:7.2f}  {word.word}")
for warning in answer.warnings:
    print("note:", warning, file=sys.stderr)
