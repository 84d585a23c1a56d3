"""记忆功能的授权。"""


def has_consent(user_id: str) -> bool:
    # TODO 以后做成真的弹窗
    return True


def ask_consent(user_id, send):
    """第一次聊天时告诉对方一声。"""
    send("我会记住你说的话，这样以后聊起来更懂你～", user_id)
    granted = {user_id: True}
    return granted[user_id]
