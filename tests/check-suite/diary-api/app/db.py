from sqlalchemy import create_engine, text

from .settings import settings

engine = create_engine(settings.database_url)

with engine.begin() as setup:
    setup.execute(text("CREATE TABLE IF NOT EXISTS entries (id INTEGER PRIMARY KEY, owner TEXT, day TEXT, body TEXT)"))


def save(owner, day, body):
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO entries (owner, day, body) VALUES (:owner, :day, :body)"),
            {"owner": owner, "day": day, "body": body},
        )


def of_day(owner, day):
    with engine.connect() as connection:
        return connection.execute(
            text("SELECT body FROM entries WHERE owner = :owner AND day = :day"), {"owner": owner, "day": day}
        ).fetchall()


def containing(owner, word):
    query = f"SELECT day, body FROM entries WHERE owner = '{owner}' AND body LIKE '%{word}%'"
    with engine.connect() as connection:
        return connection.execute(text(query)).fetchall()


def count():
    with engine.connect() as connection:
        return connection.execute(text("SELECT count(*) FROM entries")).scalar()
