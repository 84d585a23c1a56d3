"""以 / 开头的小命令。"""
import ast
import operator
import re

import service
import store

PHONE = re.compile(r"1[3-9]\d{9}")
OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


def value(node):
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return node.value
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        return OPERATORS[type(node.op)](value(node.left), value(node.right))
    raise ValueError("只会加减乘除")


def calc(user_id, rest):
    return str(value(ast.parse(rest, mode="eval").body))


def bind(user_id, rest):
    found = PHONE.search(rest)
    if not found:
        return "手机号好像不对哦"
    store.save_phone(user_id, found.group())
    return "绑定好啦"


def forget(user_id, rest):
    service.forget(user_id)
    return "已经全部删除。"


TABLE = {"算": calc, "绑定": bind, "忘记我": forget}


def run(user_id, text):
    name, _, rest = text[1:].partition(" ")
    if name not in TABLE:
        return "命令：/算 /绑定 /忘记我"
    return TABLE[name](user_id, rest)
