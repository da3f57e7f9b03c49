"""What the author of a recorded Converse request meant, in the words of a chat completion; and what requests mean."""

from __future__ import annotations

import msgspec

from any_llm.types.json import JSON, JSONObject

_AS_THEY_ARE = (
    "additionalModelRequestFields",
    "additionalModelResponseFieldPaths",
    "guardrailConfig",
    "performanceConfig",
    "requestMetadata",
)


def intent_of(body: JSONObject) -> JSONObject:
    """Return the options of the chat completion that a request stands for."""
    messages: list[JSONObject] = [{"role": "system", "content": [_part(block)]} for block in body.get("system", ())]
    for turn in body["messages"]:
        messages += _answered(turn["content"]) if turn["role"] == "assistant" else _asked(turn["content"])
    options: JSONObject = {"messages": messages}
    options |= {name: body[name] for name in _AS_THEY_ARE if name in body}
    names = {"maxTokens": "max_tokens", "temperature": "temperature", "topP": "top_p", "stopSequences": "stop"}
    options |= {names[name]: value for name, value in body.get("inferenceConfig", {}).items()}
    return options | _tools(body.get("toolConfig", {})) | _form(body.get("outputConfig"))


def meaning_of(body: JSONObject) -> JSON:
    """Return a request without what says nothing, so that two that mean the same are equal."""
    kept = {name: value for name, value in body.items() if value not in ({}, []) and name != "modelId"}
    config = {name: value for name, value in body.get("inferenceConfig", {}).items() if value != []}
    kept |= {"inferenceConfig": config} if config else {}
    if not config:
        kept.pop("inferenceConfig", None)
    kept["messages"] = [
        {"role": turn["role"], "content": list(map(_block, turn["content"]))} for turn in body["messages"]
    ]
    if "outputConfig" in body:
        definition = dict(body["outputConfig"]["textFormat"]["structure"]["jsonSchema"])
        kept["outputConfig"] = definition | {"schema": msgspec.json.decode(definition["schema"])}
    return kept


def _block(block: JSONObject) -> JSONObject:
    if "toolResult" in block:
        result = {name: value for name, value in block["toolResult"].items() if (name, value) != ("status", "success")}
        return {"toolResult": result}
    return block


def _part(block: JSONObject) -> JSONObject:
    """Return a block as a part of OpenAI's where it has one, else as it is."""
    if "text" in block:
        return {"type": "text", "text": block["text"]}
    image = block.get("image")
    if image is not None and "bytes" in image["source"]:
        url = f"data:image/{image['format']};base64,{image['source']['bytes']}"
        return {"type": "image_url", "image_url": {"url": url}}
    document = block.get("document")
    if document is not None and set(document) == {"format", "name", "source"} and "bytes" in document["source"]:
        file = {"file_data": document["source"]["bytes"], "filename": f"{document['name']}.{document['format']}"}
        return {"type": "file", "file": file}
    return block


def _asked(blocks: list[JSONObject]) -> list[JSONObject]:
    messages: list[JSONObject] = []
    for block in blocks:
        if "toolResult" in block:
            result = block["toolResult"]
            content = [_part(piece) for piece in result["content"]]
            message = {"role": "tool", "tool_call_id": result["toolUseId"], "content": content}
            messages.append(message | ({"is_error": True} if result.get("status") == "error" else {}))
        elif messages and messages[-1]["role"] == "user":
            messages[-1]["content"].append(_part(block))
        else:
            messages.append({"role": "user", "content": [_part(block)]})
    return messages


def _answered(blocks: list[JSONObject]) -> list[JSONObject]:
    kinds = [next(iter(block)) for block in blocks]
    calls = [block["toolUse"] for block in blocks if "toolUse" in block]
    cited = [piece for block in blocks for piece in block.get("citationsContent", {}).get("content", ())]
    message: JSONObject = {
        "role": "assistant",
        "content": "".join(piece.get("text", "") for piece in [*blocks, *cited]),
        "tool_calls": [
            {
                "id": call["toolUseId"],
                "type": "function",
                "function": {"name": call["name"], "arguments": msgspec.json.encode(call["input"]).decode()},
            }
            for call in calls
        ],
    }
    if set(kinds) - {"text", "toolUse"}:
        thoughts = [block for block in blocks if "reasoningContent" in block]
        plain = set(kinds) == {"text", "toolUse", "reasoningContent"}
        message["extra_content"] = {"bedrock": {"reasoning_blocks": thoughts} if plain else {"content": blocks}}
        if not plain:
            message["content"] = "".join(block.get("text", "") for block in blocks) if not cited else _in_order(blocks)
    return [message]


def _in_order(blocks: list[JSONObject]) -> str:
    pieces = [block.get("citationsContent", {}).get("content", [block]) for block in blocks]
    return "".join(piece.get("text", "") for group in pieces for piece in group)


def _tools(config: JSONObject) -> JSONObject:
    tools: list[JSONObject] = []
    for tool in config.get("tools", ()):
        spec = tool.get("toolSpec")
        if spec is None:
            tools.append(tool)
            continue
        function = {"name": spec["name"], "parameters": spec["inputSchema"]["json"]}
        function |= {name: spec[name] for name in ("description", "strict") if name in spec}
        tools.append({"type": "function", "function": function})
    choices: JSONObject = {"any": "required", "auto": "auto"}
    chosen = [
        {"type": "function", "function": named} if kind == "tool" else choices[kind]
        for kind, named in config.get("toolChoice", {}).items()
    ]
    return ({"tools": tools} if tools else {}) | ({"tool_choice": chosen[0]} if chosen else {})


def _form(config: JSONObject | None) -> JSONObject:
    if config is None:
        return {}
    definition = config["textFormat"]["structure"]["jsonSchema"]
    named = {**definition, "schema": msgspec.json.decode(definition["schema"])}
    return {"response_format": {"type": "json_schema", "json_schema": named}}
