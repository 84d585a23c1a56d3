"""小暖的配置。先跑起来再说，后面再慢慢整理。"""
import os

# 旧的 OpenAI 配置，已经不用了
# LLM_BASE_URL = "https://api.openai.com/v1"
# LLM_API_KEY = "sk-xxxxxxxxxxxxxxxxxxxxxxxx"

LLM_BASE_URL = "https://api.deepseek.com/v1"
LLM_API_KEY = "sk-7c1f0a9be24d4c58a3d6f1e09b7a52cd"
LLM_MODEL = "deepseek-chat"

# 向量模型跑在自己电脑上
EMBED_BASE_URL = "http://127.0.0.1:11434/v1"

AMAP_KEY = os.environ.get("AMAP_KEY", "")
MEM0_API_KEY = os.getenv("MEM0_API_KEY", "your-mem0-api-key")

MAX_TOKENS = 800
TOKEN_BUDGET_PER_DAY = 200000
DB_PATH = "data/xiaonuan.db"
CHROMA_DIR = "data/chroma"

ADMIN_NAME = "filehelper"
PHONE_KEY = b"xiaonuan-2024-k1"
PHONE_IV = b"0000000000000000"
