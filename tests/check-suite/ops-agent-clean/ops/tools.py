import re
import smtplib
import sqlite3
import ssl
import subprocess
from email.mime.text import MIMEText
from pathlib import Path

import httpx
from bs4 import BeautifulSoup

from . import settings
from .registry import tool

ledger = sqlite3.connect("file:ledger.db?mode=ro", uri=True)
REPORTS = Path("reports").resolve()
PATTERN = re.compile(r"error|fatal", re.I)


@tool()
def disk_usage():
    """查看磁盘占用。"""
    return subprocess.run(["df", "-h"], capture_output=True, text=True).stdout


@tool(changes=True)
def restart(service):
    """重启一个服务。"""
    if service not in settings.SERVICES:
        raise ValueError(service)
    return subprocess.run(["systemctl", "restart", service], capture_output=True, text=True).stdout


@tool()
def log_errors(service):
    """日志里的错误。"""
    if service not in settings.SERVICES:
        raise ValueError(service)
    lines = Path(f"/var/log/{service}.log").read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if re.search(PATTERN, line))


@tool()
def report(name):
    """读取一份报告。"""
    path = (REPORTS / name).resolve()
    if not path.is_relative_to(REPORTS):
        raise ValueError(name)
    return path.read_text(encoding="utf-8")


@tool(changes=True)
def delete_report(name):
    """删除一份报告。"""
    path = (REPORTS / name).resolve()
    if path.is_relative_to(REPORTS):
        path.unlink()
    return "ok"


@tool(changes=True)
def send_mail(to, subject, body):
    """发送邮件。"""
    message = MIMEText(body)
    message["To"], message["Subject"] = to, subject
    with smtplib.SMTP_SSL(settings.SMTP["host"], 465, context=ssl.create_default_context()) as server:
        server.login(settings.SMTP["user"], settings.SMTP["password"])
        server.sendmail(settings.SMTP["user"], [to], message.as_string())
    return "sent"


@tool()
def status_page():
    """看看状态页。"""
    page = httpx.get("https://status.lanshan-tech.cn/", timeout=20)
    return BeautifulSoup(page.text, "html.parser").get_text()[:5000]


@tool()
def invoice(number):
    """按编号查发票。"""
    return ledger.execute("SELECT * FROM invoices WHERE number = ?", (number,)).fetchone()
