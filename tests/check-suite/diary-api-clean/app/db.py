import os

from cryptography.fernet import Fernet
from sqlalchemy import create_engine, text

engine = create_engine(os.environ.get("DATABASE_URL", "sqlite:///./diary.db"))
box = Fernet(os.environ["DIARY_FERNET_KEY"])

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS entries (id INTEGER PRIMARY KEY, owner TEXT, day TEXT, body BLOB)",
    "CREATE TABLE IF NOT EXISTS consents (owner TEXT, purpose TEXT, granted INTEGER, PRIMARY KEY (owner, purpose))",
)
ORDERS = {"newest": "day DESC", "oldest": "day ASC"}

with engine.begin() as setup:
    for statement in SCHEMA:
        setup.execute(text(statement))


def save(owner, day, body):
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO entries (owner, day, body) VALUES (:owner, :day, :body)"),
            {"owner": owner, "day": day, "body": box.encrypt(body.encode())},
        )


def listing(owner, order):
    clause = ORDERS.get(order, ORDERS["newest"])
    with engine.connect() as connection:
        rows = connection.execute(
            text(f"SELECT day, body FROM entries WHERE owner = :owner ORDER BY {clause}"), {"owner": owner}
        ).fetchall()
    return [(day, box.decrypt(body).decode()) for day, body in rows]


def erase(owner):
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM entries WHERE owner = :owner"), {"owner": owner})
        connection.execute(text("DELETE FROM consents WHERE owner = :owner"), {"owner": owner})


def set_consent(owner, purpose, granted):
    with engine.begin() as connection:
        connection.execute(
            text("INSERT OR REPLACE INTO consents VALUES (:owner, :purpose, :granted)"),
            {"owner": owner, "purpose": purpose, "granted": int(granted)},
        )


def has_consent(owner, purpose):
    with engine.connect() as connection:
        row = connection.execute(
            text("SELECT granted FROM consents WHERE owner = :owner AND purpose = :purpose"),
            {"owner": owner, "purpose": purpose},
        ).first()
    return bool(row and row[0])
