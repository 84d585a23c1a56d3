"""以 / 开头的小命令。"""
import random
import re

import memory
import store

PHONE = re.compile(r"1[3-9]\d{9}")


def calc(user_id, rest):
    """/算 3*7"""
    return str(eval(rest))


def bind(user_id, rest):
    found = PHONE.search(rest)
    if not found:
        return "手机号好像不对哦"
    store.save_phone(user_id, found.group())
    return "绑定好啦"


def dice(user_id, rest):
    return f"掷出了 {random.randint(1, 6)} 点"


def sticker(user_id, rest):
    return memory.pick_sticker(rest or "开心")


def exec_help(user_id, rest):
    return "命令：/算 /绑定 /骰子 /表情"


TABLE = {"算": calc, "绑定": bind, "骰子": dice, "表情": sticker, "帮助": exec_help}


def run(user_id, text):
    name, _, rest = text[1:].partition(" ")
    handler = TABLE.get(name, exec_help)
    return handler(user_id, rest)


def _legacy_shell(rest):
    # 没人用了
    return "disabled"
