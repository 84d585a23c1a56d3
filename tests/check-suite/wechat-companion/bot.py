"""微信入口。"""
import itchat
from itchat.content import TEXT

import commands
import memory
import store
from consent import ask_consent
from llm import Brain

brain = Brain()
greeted = set()


@itchat.msg_register(TEXT)
def on_text(msg):
    user_id = msg["FromUserName"]
    nickname = msg["User"]["NickName"]
    text = msg["Text"]
    if user_id not in greeted:
        ask_consent(user_id, itchat.send)
        greeted.add(user_id)
    if text.startswith("/"):
        return commands.run(user_id, text)
    store.log_chat(user_id, "user", text)
    known = memory.recall(user_id, text) + memory.preferences(text)
    answer = brain.reply(nickname, "；".join(known), text)
    memory.remember(user_id, text)
    store.log_chat(user_id, "bot", answer)
    return answer


@itchat.msg_register(TEXT, isGroupChat=True)
def on_group(msg):
    if not msg["IsAt"]:
        return None
    return brain.summarise(store.today(msg["ActualUserName"]))


if __name__ == "__main__":
    itchat.auto_login(hotReload=True)
    memory.load_stickers()
    itchat.run()
