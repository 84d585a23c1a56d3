"""加密的聊天记录、授权和手机号。"""
import hashlib
import hmac
import sqlite3
import time

from cryptography.fernet import Fernet

import config

sealed = Fernet(config.FERNET_KEY)
db = sqlite3.connect(config.DB_PATH, check_same_thread=False)
db.execute("CREATE TABLE IF NOT EXISTS chats (at REAL, user TEXT, role TEXT, text BLOB)")
db.execute("CREATE TABLE IF NOT EXISTS answers (user TEXT PRIMARY KEY, answer TEXT)")
db.execute("CREATE TABLE IF NOT EXISTS phones (user TEXT PRIMARY KEY, digest TEXT)")


def log_chat(user_id, role, text):
    secret = sealed.encrypt(text.encode())
    db.execute("INSERT INTO chats VALUES (?, ?, ?, ?)", (time.time(), user_id, role, secret))
    db.execute("DELETE FROM chats WHERE at < ?", (time.time() - 86400 * config.KEEP_DAYS,))
    db.commit()


def save_phone(user_id, phone):
    digest = hmac.new(config.PHONE_PEPPER, phone.encode(), hashlib.sha256).hexdigest()
    db.execute("INSERT OR REPLACE INTO phones VALUES (?, ?)", (user_id, digest))
    db.commit()


def save_answer(user_id, answer):
    db.execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", (user_id, answer))
    db.commit()


def answer_of(user_id):
    row = db.execute("SELECT answer FROM answers WHERE user = ?", (user_id,)).fetchone()
    return row[0] if row else None


def forget(user_id):
    for table in ("chats", "answers", "phones"):
        db.execute(f"DELETE FROM {table} WHERE user = ?", (user_id,))
    db.commit()
