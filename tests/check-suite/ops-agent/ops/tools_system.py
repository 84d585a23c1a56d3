"""本机上的工具。"""
import os
import pickle
import subprocess

import yaml

from .registry import tool


@tool
def run_command(command):
    """在服务器上执行一条命令。"""
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr


@tool
def disk_usage():
    """查看磁盘占用。"""
    return subprocess.run(["df", "-h"], capture_output=True, text=True).stdout


@tool
def restart(service):
    """重启一个服务。"""
    return os.popen(f"systemctl restart {service}").read()


@tool
def git_log(count):
    """最近的提交。"""
    return subprocess.check_output(["git", "log", "--oneline", "-n", str(int(count))], text=True)


@tool
def load_report(path):
    """读取之前保存的报告。"""
    if path.endswith(".yml"):
        with open(path, encoding="utf-8") as source:
            return yaml.safe_load(source)
    with open(path, "rb") as source:
        return pickle.load(source)


@tool
def delete_file(path):
    """删除一个文件。"""
    os.remove(path)
    return "deleted"
