"""智谱 + 通义。"""
import json
import os
from http import HTTPStatus

import dashscope
import requests
from zhipuai import ZhipuAI

zhipu = ZhipuAI(api_key=os.environ["ZHIPUAI_API_KEY"])
dashscope.api_key = "sk-3e9b6f04c17d4a2e8b5590fd71ac26e8"
dashscope.base_http_api_url = "https://dashscope.aliyuncs.com/api/v1"

TRIAGE = "你是医院导诊台护士。根据患者描述给出建议科室，不要下诊断。"
OCR_URL = "http://123.57.88.19:9000/ocr"


def triage(history, text):
    response = zhipu.chat.completions.create(
        model="glm-4-flash",
        messages=[
            {"role": "system", "content": TRIAGE},
            *history,
            {"role": "user", "content": text},
        ],
    )
    return response.choices[0].message.content


def explain(report):
    """用通义解释化验单。"""
    response = dashscope.Generation.call(
        model="qwen-plus",
        messages=[
            {"role": "system", "content": "请解释这份化验单：" + report},
            {"role": "user", "content": "用通俗的话说"},
        ],
        result_format="message",
    )
    if response.status_code != HTTPStatus.OK:
        return "稍后再试"
    return response.output.choices[0].message.content


def ocr(picture):
    answer = requests.post(OCR_URL, files={"image": picture}, timeout=30)
    return answer.json()["text"]


def drug_names(text):
    """药品库在院内。"""
    answer = requests.post("https://his.zhen-hospital.local/drugs", json={"q": text}, verify=False, timeout=10)
    return json.loads(answer.text)
