"""小暖的配置，全部来自环境变量。"""
import os

# 以前用过的中转，已弃用
# LLM_BASE_URL = "https://api.chatanywhere.tech/v1"

LLM_MODEL = os.environ.get("LLM_MODEL", "deepseek-chat")
DEEPSEEK_API_KEY_NAME = "DEEPSEEK_API_KEY"
LLM_API_KEY = os.environ[DEEPSEEK_API_KEY_NAME]
FERNET_KEY = os.environ["XIAONUAN_KEY"].encode()
PHONE_PEPPER = os.environ["XIAONUAN_PEPPER"].encode()
EXAMPLE_ENV = "OPENAI_API_KEY=sk-xxxx XIAONUAN_KEY=<fernet key>"

MAX_TOKENS = 800
DAILY_TOKENS = 200_000
DB_PATH = "data/xiaonuan.db"
CHROMA_DIR = "data/chroma"
KEEP_DAYS = 30
