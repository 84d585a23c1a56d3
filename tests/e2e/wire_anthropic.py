"""Anthropic's Messages API, as a provider answers it."""

import json

from wire_openai import event

# The content of a signature does not matter here; that it comes back unchanged does.
SIGNATURE = "EqQBCkYIBRgCKkD0c2lnbmF0dXJl"


def error(status):
    kind = {401: "authentication_error", 429: "rate_limit_error"}.get(status, "api_error")
    return {"type": "error", "error": {"type": kind, "message": f"simulated {status}"}}


def last_is_tool_result(body):
    content = body["messages"][-1]["content"]
    return isinstance(content, list) and any(block.get("type") == "tool_result" for block in content)


def blocks(reply):
    thinking = [{"type": "thinking", "thinking": reply.thinking, "signature": SIGNATURE}] if reply.thinking else []
    if not reply.calls:
        return [*thinking, {"type": "text", "text": reply.text}]
    calls = [
        {"type": "tool_use", "id": f"toolu_{at}", "name": call.name, "input": json.loads(call.arguments)}
        for at, call in enumerate(reply.calls)
    ]
    return [*thinking, *calls]


def messages(body, reply):
    return {
        "id": "msg_mock",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": blocks(reply),
        "stop_reason": "tool_use" if reply.calls else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 7, "output_tokens": 9},
    }


def stream(body, reply, plan):
    whole = messages(body, reply)
    start = {**whole, "content": [], "stop_reason": None}
    yield event({"type": "message_start", "message": start}, "message_start")
    yield event({"type": "ping"}, "ping")
    calls = iter(reply.calls)
    for at, block in enumerate(whole["content"]):
        yield from block_events(at, block, plan, calls)
    delta = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    yield event({"type": "message_delta", "delta": delta, "usage": {"output_tokens": 9}}, "message_delta")
    yield event({"type": "message_stop"}, "message_stop")


def block_events(at, block, plan, calls):
    empty = {"text": {"text": ""}, "tool_use": {"input": {}}, "thinking": {"thinking": "", "signature": ""}}
    start = {**block, **empty[block["type"]]}
    yield event({"type": "content_block_start", "index": at, "content_block": start}, "content_block_start")
    deltas = []
    if block["type"] == "text":
        deltas = [{"type": "text_delta", "text": piece} for piece in plan.pieces(block["text"])]
    elif block["type"] == "thinking":
        deltas = [{"type": "thinking_delta", "thinking": piece} for piece in plan.pieces(block["thinking"])]
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
    else:
        pieces = plan.pieces(next(calls).arguments)
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    for delta in deltas:
        yield event({"type": "content_block_delta", "index": at, "delta": delta}, "content_block_delta")
    yield event({"type": "content_block_stop", "index": at}, "content_block_stop")
