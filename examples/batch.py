"""Have several questions answered in one batch, for less; asked again with its id, a batch tells how far it is."""

from __future__ import annotations

import asyncio
import sys

from any_llm import AnyLLM

COUNTRIES = ("France", "Japan", "Chile")


async def main(batch_id: str = "") -> None:
    """Create a batch or take the one named, and print its answers when it is done."""
    client = AnyLLM.create("openai")
    if batch_id:
        batch = await client.aretrieve_batch(batch_id)
    else:
        questions = {country: f"What is the capital of {country}?" for country in COUNTRIES}
        requests = [
            {"custom_id": name, "body": {"messages": [{"role": "user", "content": text}], "max_completion_tokens": 50}}
            for name, text in questions.items()
        ]
        batch = await client.acreate_batch(requests=requests, model="gpt-5-mini")
        batch = await client.aretrieve_batch(batch.id)
    print(f"{batch.id}: {batch.status}")
    if not batch.finished:
        print(f"ask again: python batch.py {batch.id}")
        return
    for item in (await client.aretrieve_batch_results(batch.id)).results:
        print(item.custom_id, "-", item.error.message if item.error else item.result.choices[0].message.content)


asyncio.run(main(*sys.argv[1:2]))
