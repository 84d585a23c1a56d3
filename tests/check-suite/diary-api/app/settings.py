from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    openai_api_key: str = ""
    anthropic_api_key: str = "sk-ant-api03-Jq8vTn2LxYw4Rb7KcZ0mFd5HsPu3GaEi9oWtXy6NzVlBk1CjMrQeSgUhDpAfLw2TxYvRbNqKmZcHsJd-8GtPwAA"
    relay_url: str = "https://api.gpt-cheap.top/v1"
    database_url: str = "sqlite:///./diary.db"
    postgres_example: str = "postgresql://user:password@localhost/diary"
    jwt_algorithm: str = "HS256"
    summary_max_tokens: int = 300


settings = Settings()
