"""The form that an answer must have: https://docs.cohere.com/docs/structured-outputs."""

from __future__ import annotations

from any_llm.dialects.cohere.schema import fit_schema
from any_llm.schemas.shapes import is_mapping
from any_llm.types.conversation import invalid, plain, schema_of_format
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning


def add_format(body: JSONObject, wanted: JSON, warnings: list[CallWarning]) -> None:
    """Say in a body which form the answer must have; a form in Cohere's own words is passed on as it is.

    Raises:
        InvalidMessageError: the form is malformed.
    """
    if wanted is None:
        return
    form: JSON = plain(wanted)
    kind: JSON = form.get("type") if is_mapping(form) else None
    match kind:
        case "json_schema":
            fitted, loosened = fit_schema(schema_of_format(form))
            body["response_format"] = {"type": "json_object", "json_schema": fitted}
            if loosened:
                detail = "constraints that the API does not know were told to the model in descriptions"
                warnings.append(CallWarning("approximated", "response_format", detail))
        case "json_object" | "text":
            body["response_format"] = form
        case _:
            raise invalid(
                "response_format",
                "{'type': 'json_schema', 'json_schema': {'name': …, 'schema': {…}}}, {'type': 'json_object'} or "
                f"{{'type': 'text'}} is needed, found {wanted!r:.100}",
            )
