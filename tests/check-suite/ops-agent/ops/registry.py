"""Tools register themselves with a decorator; the schema comes from the signature."""
import inspect

TOOLS = {}


def tool(function):
    TOOLS[function.__name__] = function
    return function


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
        for name, function in TOOLS.items()
    ]
