import re

from .providers import SYSTEM, complete

POEM = re.compile("背诵|古诗")
ESSAY = re.compile("作文|日记")


def essay(profile, text):
    old = "；".join(profile.similar_mistakes(text))
    profile.remember_mistake(text, "essay")
    return complete(
        [
            {"role": "system", "content": SYSTEM + f"学生叫{profile.name}，以前的错误：{old}"},
            {"role": "user", "content": text},
        ]
    )


def poem(profile, text):
    return complete([{"role": "system", "content": SYSTEM}, {"role": "user", "content": text}], "kimi")


def talk(profile, text):
    return complete([{"role": "system", "content": SYSTEM}, {"role": "user", "content": text}])


ROUTES = [(ESSAY, essay), (POEM, poem)]


def route(text):
    for pattern, lesson in ROUTES:
        if pattern.search(text):
            return lesson
    return talk
