"""记忆授权：问过、答过、随时能收回。"""
import functools

from store import answer_of, save_answer

QUESTION = "要不要让我记住你说过的话？回复“同意”或“不同意”。不同意也能正常聊天，随时发 /忘记我 可以删除。"
WAITING = set()


class NotAllowed(Exception):
    """对方没有同意。"""


def may_remember(user_id):
    return answer_of(user_id) == "同意"


def ask(user_id, send):
    if answer_of(user_id) is None:
        WAITING.add(user_id)
        send(QUESTION, user_id)


def hear(user_id, text):
    """对方对问题的回答；不是回答时返回 False。"""
    if user_id not in WAITING or text not in ("同意", "不同意"):
        return False
    WAITING.discard(user_id)
    save_answer(user_id, text)
    return True


def needs_consent(function):
    @functools.wraps(function)
    def guarded(user_id, *args, **kwargs):
        if not may_remember(user_id):
            raise NotAllowed(user_id)
        return function(user_id, *args, **kwargs)

    return guarded
