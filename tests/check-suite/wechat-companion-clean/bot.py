"""微信入口。"""
import itchat
from itchat.content import TEXT

import commands
import consent
import service
import store
from llm import Brain

brain = Brain()


@itchat.msg_register(TEXT)
def on_text(msg):
    user_id = msg["FromUserName"]
    text = msg["Text"]
    if consent.hear(user_id, text):
        return "好的，记下了。"
    consent.ask(user_id, itchat.send)
    if text.startswith("/"):
        return commands.run(user_id, text)
    store.log_chat(user_id, "user", text)
    known = service.recall_or_nothing(user_id, text)
    answer = brain.reply(msg["User"]["NickName"], "；".join(known), text)
    service.remember_if_allowed(user_id, text)
    return answer


if __name__ == "__main__":
    itchat.auto_login(hotReload=True)
    itchat.run()
