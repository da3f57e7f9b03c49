"""`estimate`: what a request will use and cost, before anybody is asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from any_llm.client.arguments import split_reference
from any_llm.engine.pricing import Pricing
from any_llm.engine.settings import Settings
from any_llm.engine.settings_file import default_settings
from any_llm.providers.estimates import Estimate, estimate_of
from any_llm.types.json import JSON, JSONObject
from any_llm.types.metering import TIERS


def estimate(
    model: str,
    messages: Sequence[JSON] | str | None = None,
    *,
    provider: str | None = None,
    settings: Settings | None = None,
    **options: JSON,
) -> Estimate:
    """Return what a request will use and cost: at least, probably and at most. No network, no key.

    Nine of ten recorded requests stayed within the bounds. Texts are counted with the model's own vocabulary where that
    is public and the extra `tokens` is installed, else by their characters. Costs are `None` where the price is not
    known.

    Args:
        model: the model as `provider:model`, or by its own name when `provider` is given.
        messages: the conversation, as a completion takes it.
        provider: the provider's name.
        settings: instead of the process's own.
        **options: all else that the request would be made with, such as `tools`, `max_tokens`, `service_tier`, or
            `input_data`, `system` and `prompt` of other operations. `batch=True` is for a request within a batch.

    Raises:
        ConfigurationError: the model is not of the form `provider:model`.
    """
    name, rest = (provider, model) if provider else split_reference(model)[:2]
    chosen = settings or default_settings()
    options.update(conversation(messages))
    batch = bool(options.pop("batch", False))
    said = str(options.get("service_tier") or options.get("speed") or "").lower()
    return estimate_of(
        name.strip().lower(),
        rest,
        options,
        dt.datetime.fromtimestamp(chosen.surroundings.clock.time(), dt.UTC),
        tier="batch" if batch else TIERS.get(said, ""),
        prices=Pricing(chosen.prices, chosen.models).prices,
    )


def conversation(messages: Sequence[JSON] | str | None) -> JSONObject:
    """Return the parameter that a conversation is; a text is what the user says."""
    if messages is None:
        return {}
    said = [{"role": "user", "content": messages}] if isinstance(messages, str) else list(messages)
    return {"messages": said}
