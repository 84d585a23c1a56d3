"""Values that must never reach the provider, created here with valid check digits, and every form they could hide in."""

import json
import re
import urllib.parse
from dataclasses import dataclass


@dataclass(frozen=True)
class Planted:
    """A value and the words around it, without which some formats cannot be recognised."""

    name: str
    value: str
    before: str
    # Secrets are one-way: the client gets a token back, never the value.
    one_way: bool = False

    @property
    def sentence(self):
        return f"{self.before}{self.value}"


def luhn(digits):
    """Appends the check digit of ISO/IEC 7812."""
    total = 0
    for at, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if at % 2 == 0 else 1)
        total += number - 9 if number > 9 else number
    return digits + str(-total % 10)


def resident_id(seventeen):
    """GB 11643: ISO 7064 MOD 11-2."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(seventeen, weights))
    return seventeen + "10X98765432"[total % 11]


def social_credit_code(seventeen):
    """GB 32100: MOD 31-3."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    total = sum(alphabet.index(char) * pow(3, at, 31) for at, char in enumerate(seventeen))
    return seventeen + alphabet[-total % 31]


def hong_kong_id(letter, six):
    """Space, letter and digits weighted 9 to 2, modulo 11."""
    total = 36 * 9 + (ord(letter) - 55) * 8 + sum(int(d) * w for d, w in zip(six, range(7, 1, -1)))
    return f"{letter}{six}({'0123456789A'[-total % 11]})"


PERSONAL = [
    Planted("mobile", "13970834512", "我的手机号是 "),
    Planted("mobile_spaced", "186 0173 9284", "备用电话："),
    Planted("resident_id", resident_id("11010519860214341"), "身份证号"),
    Planted("email", "liming.zhang86@fudan-demo.cn", "邮箱 "),
    Planted("union_pay", luhn("622202200312345678"), "银行卡号："),
    Planted("visa", "4539 1488 0343 6467", "My card number is "),
    Planted("hong_kong_id", hong_kong_id("A", "583914"), "香港身份证 "),
    Planted("plate", "沪A7K92B", "车牌号是"),
    Planted("us_phone", "+1 (415) 736-2049", "Call me at "),
    Planted("ssn", "536-22-8741", "My SSN is "),
    Planted("iban", "GB82WEST12345698765432", "IBAN: "),
    Planted("ip", "58.246.31.77", "登录 IP 为 "),
    Planted("wechat", "wxid_k3j8d02hfa91qz", "微信号："),
    Planted("qq", "384719265", "我的 QQ 号是 "),
    Planted("passport", "E71930482", "护照号码："),
    Planted("uscc", social_credit_code("91310115MA1K3X7P2"), "统一社会信用代码："),
]

SECRETS = [
    Planted("openai_key", "sk-proj-Zq83mFv0TtYc7LxRbWn2KpHd5SgJ9aUe4iOo6PqXs1VbNyMf", "OpenAI key: ", one_way=True),
    Planted("aws_key", "AKIAZ7Q3XN5VTW2LKMRB", "AWS access key id ", one_way=True),
    Planted("database", "postgres://crm:h7Gq-2mXw9@db.internal.fudan-demo.cn:5432/crm", "数据库 ", one_way=True),
]

ALL = PERSONAL + SECRETS

# Many people who talk at the same time; each contributes one number.
CROWD = [Planted(f"person_{at}", f"139{10000000 + at * 1234567}", "手机号：") for at in range(8)]

# The form of a token on its way to the provider.
TOKEN = re.compile(r"(?<![A-Za-z0-9_])[A-Z]+_[0-9A-HJKMNP-TV-Z]{8}(?![A-Za-z0-9_])")

FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


def named(*names):
    """The planted values with these names, in this order."""
    return [next(p for p in ALL if p.name == name) for name in names]


def forms(value):
    """The forms in which the value could appear in a body: raw, escaped up to three times, percent-encoded, full width."""
    found = {value, urllib.parse.quote(value), value.translate(FULL_WIDTH)}
    escaped = value
    for _ in range(3):
        escaped = json.dumps(escaped)[1:-1]
        found.add(escaped)
    return found


def compact(text):
    """Letters and digits only: a value that was merely regrouped is still the value."""
    return re.sub(r"[^0-9A-Za-z]", "", text).lower()


def leaks(text):
    """The names of the planted values found in the text."""
    bare = compact(text)
    found = []
    for planted in ALL + CROWD:
        short = compact(planted.value)
        if any(form in text for form in forms(planted.value)) or (len(short) >= 9 and short in bare):
            found.append(planted.name)
    return found
