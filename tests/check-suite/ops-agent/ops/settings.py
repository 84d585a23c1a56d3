import os

GITHUB_TOKEN = "ghp_4fKq9ZtWb7LxR2nVyHc8JmPd3SgUeA1oTiXw"
SMTP = {
    "host": "smtp.exmail.qq.com",
    "user": "ops@lanshan-tech.cn",
    "password": "Lsh@ops2025!mail",
}
MODEL = os.getenv("MODEL", "kimi-k2-turbo-preview")
BASE_URL = "https://api.moonshot.cn/v1"
API_KEY = os.environ["MOONSHOT_API_KEY"]
MAX_OUTPUT_TOKENS = 2000
PASSWORD_HINT = "ask the admin"
