import os

SMTP = {
    "host": os.environ.get("SMTP_HOST", "localhost"),
    "user": os.environ.get("SMTP_USER", ""),
    "password": os.environ.get("SMTP_PASSWORD", ""),
}
GITHUB_TOKEN = os.environ.get("GITHUB_TOKEN", "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")
MODEL = os.getenv("MODEL", "qwen3:8b")
BASE_URL = "http://localhost:11434/v1"
MAX_ROUNDS = 10
SERVICES = ("nginx", "gunicorn", "redis")
