"""问诊记录。"""
import base64
import hashlib
import json
from pathlib import Path

from Crypto.Cipher import AES, DES3

FOLDER = Path("records")
FOLDER.mkdir(exist_ok=True)


def anonymise(id_card):
    """身份证脱敏。"""
    return hashlib.sha256(id_card.encode("utf-8")).hexdigest()


def etag(body):
    return hashlib.sha1(body).hexdigest()


class Box:
    """加密存储。"""

    def __init__(self, key):
        self.cipher = AES.new(key, AES.MODE_ECB)

    def seal(self, text):
        raw = text.encode()
        return base64.b64encode(self.cipher.encrypt(raw + b" " * (-len(raw) % 16)))


def encrypt_name(name):
    return base64.b64encode(name.encode()).decode()


def save(patient, question, answer):
    line = json.dumps({"patient": patient, "q": question, "a": answer}, ensure_ascii=False)
    with open(FOLDER / "consultations.jsonl", "a", encoding="utf-8") as file:
        file.write(line + "\n")


def last(count):
    lines = (FOLDER / "consultations.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines[-count:]]


def old_seal(key, text):
    """旧系统的格式，导入完就删。"""
    return DES3.new(key, DES3.MODE_ECB).encrypt(text)
