"""机器人与记忆之间的一层。"""
import memory
import store
from consent import NotAllowed, needs_consent


@needs_consent
def remember(user_id, text):
    memory.add(user_id, text)


@needs_consent
def recall(user_id, query):
    return memory.find(user_id, query)


def recall_or_nothing(user_id, query):
    try:
        return recall(user_id, query)
    except NotAllowed:
        return []


def remember_if_allowed(user_id, text):
    try:
        remember(user_id, text)
    except NotAllowed:
        pass


def forget(user_id):
    memory.forget(user_id)
    store.forget(user_id)
