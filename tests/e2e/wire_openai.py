"""OpenAI's chat completions, responses, embeddings and models, as a provider answers them."""

import base64
import json
import struct

USAGE = {"prompt_tokens": 7, "completion_tokens": 9, "total_tokens": 16}
RESPONSES_USAGE = {
    "input_tokens": 7,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 9,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 16,
}


def error(status):
    kind = {401: "invalid_api_key", 429: "rate_limit_exceeded"}.get(status, "server_error")
    return {"error": {"message": f"simulated {status}", "type": kind, "param": None, "code": kind}}


def models():
    return {"object": "list", "data": [{"id": "mock-1", "object": "model", "created": 1, "owned_by": "mock"}]}


def embeddings(body):
    texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
    vector = [0.25, -0.5]
    packed = base64.b64encode(struct.pack("<2f", *vector)).decode()
    shown = packed if body.get("encoding_format") == "base64" else vector
    rows = [{"object": "embedding", "index": at, "embedding": shown} for at in range(len(texts))]
    return {"object": "list", "model": body["model"], "data": rows, "usage": {"prompt_tokens": 1, "total_tokens": 1}}


def last_is_tool_result(body):
    if "input" in body:
        items = body["input"] if isinstance(body["input"], list) else []
        return bool(items) and items[-1].get("type") == "function_call_output"
    return body["messages"][-1]["role"] == "tool"


def chat(body, reply):
    message = {"role": "assistant", "content": reply.text, "refusal": None}
    reason = "stop"
    if reply.calls:
        reason = "tool_calls"
        message["content"] = None
        message["tool_calls"] = [
            {"id": f"call_{at}", "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for at, call in enumerate(reply.calls)
        ]
    choice = {"index": 0, "message": message, "finish_reason": reason, "logprobs": None}
    return {
        "id": "chatcmpl-mock",
        "object": "chat.completion",
        "created": 1,
        "model": body["model"],
        "choices": [choice],
        "usage": USAGE,
    }


def event(data, name=None):
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(data, ensure_ascii=False)}\n\n"


def chat_stream(body, reply, plan):
    def chunk(delta, reason=None):
        choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
        return event(
            {
                "id": "chatcmpl-mock",
                "object": "chat.completion.chunk",
                "created": 1,
                "model": body["model"],
                "choices": [choice],
            }
        )

    yield chunk({"role": "assistant", "content": None if reply.calls else ""})
    if reply.calls:
        for at, call in enumerate(reply.calls):
            head = {"name": call.name, "arguments": ""}
            yield chunk({"tool_calls": [{"index": at, "id": f"call_{at}", "type": "function", "function": head}]})
        # Interleaved, as providers may do: a gateway with a single buffer for all calls would mix them up.
        columns = [plan.pieces(call.arguments) for call in reply.calls]
        for row in range(max(map(len, columns))):
            for at, column in enumerate(columns):
                if row < len(column):
                    yield chunk({"tool_calls": [{"index": at, "function": {"arguments": column[row]}}]})
        yield chunk({}, "tool_calls")
    else:
        for piece in plan.pieces(reply.text):
            yield chunk({"content": piece})
        yield ": keep-alive\n\n"
        yield chunk({}, "stop")
    yield "data: [DONE]\n\n"


def output_items(reply):
    if not reply.calls:
        part = {"type": "output_text", "text": reply.text, "annotations": []}
        return [{"id": "msg_0", "type": "message", "role": "assistant", "status": "completed", "content": [part]}]
    return [
        {
            "id": f"fc_{at}",
            "type": "function_call",
            "call_id": f"call_{at}",
            "name": call.name,
            "arguments": call.arguments,
            "status": "completed",
        }
        for at, call in enumerate(reply.calls)
    ]


def responses(body, reply, status="completed"):
    return {
        "id": "resp_mock",
        "object": "response",
        "created_at": 1,
        "status": status,
        "model": body["model"],
        "output": output_items(reply) if status == "completed" else [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": body.get("tools", []),
        "instructions": body.get("instructions"),
        "metadata": {},
        "temperature": 1.0,
        "top_p": 1.0,
        "error": None,
        "incomplete_details": None,
        "usage": RESPONSES_USAGE if status == "completed" else None,
    }


def responses_stream(body, reply, plan):
    number = 0

    def told(kind, **fields):
        nonlocal number
        number += 1
        return event({"type": kind, "sequence_number": number, **fields}, kind)

    yield told("response.created", response=responses(body, reply, "in_progress"))
    for at, item in enumerate(output_items(reply)):
        place = {"item_id": item["id"], "output_index": at}
        if item["type"] == "function_call":
            yield told("response.output_item.added", output_index=at, item={**item, "arguments": ""})
            for piece in plan.pieces(item["arguments"]):
                yield told("response.function_call_arguments.delta", **place, delta=piece)
            yield told(
                "response.function_call_arguments.done", **place, name=item["name"], arguments=item["arguments"]
            )
        else:
            part = item["content"][0]
            place["content_index"] = 0
            yield told("response.output_item.added", output_index=at, item={**item, "content": []})
            yield told("response.content_part.added", **place, part={**part, "text": ""})
            for piece in plan.pieces(part["text"]):
                yield told("response.output_text.delta", **place, delta=piece, logprobs=[])
            yield told("response.output_text.done", **place, text=part["text"], logprobs=[])
            yield told("response.content_part.done", **place, part=part)
        yield told("response.output_item.done", output_index=at, item=item)
    yield told("response.completed", response=responses(body, reply))
