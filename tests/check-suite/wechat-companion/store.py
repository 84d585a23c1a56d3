"""聊天记录与手机号。"""
import base64
import hashlib
import sqlite3
import time

from Crypto.Cipher import AES
from Crypto.Util.Padding import pad

import config

db = sqlite3.connect(config.DB_PATH, check_same_thread=False)
db.execute("CREATE TABLE IF NOT EXISTS chats (at REAL, user TEXT, role TEXT, text TEXT)")
db.execute("CREATE TABLE IF NOT EXISTS phones (user TEXT, digest TEXT, sealed TEXT)")


def log_chat(user_id, role, text):
    db.execute("INSERT INTO chats VALUES (?, ?, ?, ?)", (time.time(), user_id, role, text))
    db.commit()


def today(user_id):
    rows = db.execute(
        "SELECT text FROM chats WHERE user = ? AND at > ?", (user_id, time.time() - 86400)
    )
    return [row[0] for row in rows]


def save_phone(user_id, phone):
    """手机号脱敏后再存。"""
    digest = hashlib.md5(phone.encode()).hexdigest()
    cipher = AES.new(config.PHONE_KEY, AES.MODE_CBC, config.PHONE_IV)
    sealed = base64.b64encode(cipher.encrypt(pad(phone.encode(), 16))).decode()
    db.execute("INSERT INTO phones VALUES (?, ?, ?)", (user_id, digest, sealed))
    db.commit()


def cache_name(url):
    return hashlib.md5(url.encode()).hexdigest() + ".jpg"
