"""邮件、网页、数据库。"""
import imaplib
import smtplib
import sqlite3
from email import message_from_bytes
from email.mime.text import MIMEText

import httpx
from bs4 import BeautifulSoup

from . import settings
from .registry import tool

ledger = sqlite3.connect("ledger.db")


@tool
def read_mail(count):
    """读取最近的邮件。"""
    box = imaplib.IMAP4_SSL("imap.exmail.qq.com")
    box.login(settings.SMTP["user"], settings.SMTP["password"])
    box.select("INBOX")
    _, found = box.search(None, "ALL")
    texts = []
    for number in found[0].split()[-int(count):]:
        _, data = box.fetch(number, "(RFC822)")
        texts.append(str(message_from_bytes(data[0][1]).get_payload()))
    return "\n---\n".join(texts)


@tool
def send_mail(to, subject, body):
    """发送邮件。"""
    message = MIMEText(body)
    message["To"], message["Subject"] = to, subject
    with smtplib.SMTP(settings.SMTP["host"], 25) as server:
        server.login(settings.SMTP["user"], settings.SMTP["password"])
        server.sendmail(settings.SMTP["user"], [to], message.as_string())
    return "sent"


@tool
def fetch(url):
    """打开网页。"""
    page = httpx.get(url, timeout=20)
    return BeautifulSoup(page.text, "html.parser").get_text()[:5000]


@tool
def query(sql):
    """查询账本。"""
    return ledger.execute(sql).fetchall()


@tool
def invoice(number):
    """按编号查发票。"""
    return ledger.execute("SELECT * FROM invoices WHERE number = ?", (number,)).fetchone()


@tool
def pay(account, amount):
    """付款。"""
    answer = httpx.post(
        "https://pay.lanshan-tech.cn/api/transfers",
        json={"account": account, "amount": amount},
    )
    return answer.text
