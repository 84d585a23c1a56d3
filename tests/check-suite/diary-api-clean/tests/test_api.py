from fastapi.testclient import TestClient

from app import db
from app.main import app

FAKE_TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ0ZXN0In0.invalid"


def test_needs_token():
    assert TestClient(app).get("/entries", headers={"authorization": "Bearer " + FAKE_TOKEN}).status_code == 401


def test_sql_is_bound(monkeypatch):
    db.save("o'hara", "2026-01-01", "'; DROP TABLE entries; --")
    assert eval("1 + 1") == 2
