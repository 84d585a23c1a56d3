"""工具表。会改变东西的工具，先问操作者。"""
import inspect
import json
import logging
import time

log = logging.getLogger("ops.audit")
TOOLS = {}


class Refused(Exception):
    """操作者没有同意。"""


def tool(changes=False):
    def register(function):
        TOOLS[function.__name__] = (function, changes)
        return function

    return register


def approved(name, arguments):
    reply = input(f"允许 {name}({arguments}) 吗？[y/N] ")
    return reply.strip().lower() == "y"


def call(name, raw):
    function, changes = TOOLS[name]
    arguments = json.loads(raw)
    log.info("tool=%s keys=%s at=%s", name, sorted(arguments), int(time.time()))
    if changes and not approved(name, arguments):
        raise Refused(name)
    return str(function(**arguments))


def schemas():
    return [
        {
            "type": "function",
            "function": {
                "name": name,
                "description": inspect.getdoc(function),
                "parameters": {
                    "type": "object",
                    "properties": {key: {"type": "string"} for key in inspect.signature(function).parameters},
                },
            },
        }
        for name, (function, _) in TOOLS.items()
    ]
