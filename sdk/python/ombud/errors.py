"""Errors, worded so that the reader can fix the cause."""

from typing import Any, Tuple

from .settings import say


class OmbudError(Exception):
    """Base class of the errors that this package raises for reasons of its own."""


class Unreachable(OmbudError):
    """The gateway cannot be reached, so nothing is opened."""

    def __init__(self, address: str) -> None:
        self.address = address = _without_login(address)
        whole = not address or address.startswith(("http://", "https://"))
        super().__init__(say(
            "the Ombud gateway does not respond at %s%s, so nothing is opened. Start the agent with "
            "`ombud run -- python agent.py`, or start `ombud serve` and set OMBUD_GATEWAY"
            % (address or "(not set)", "" if whole else " (the address must start with http:// or https://)"),
            "Ombud 网关（%s%s）没有响应，因此拒绝一切访问。请用 `ombud run -- python agent.py` 启动智能体，"
            "或先运行 `ombud serve` 再设置 OMBUD_GATEWAY" % (address or "未设置", "" if whole else "，地址须以 http:// 或 https:// 开头"),
        ))

    def __reduce__(self) -> Tuple[Any, ...]:
        return type(self), (self.address,)


class ConsentRequired(OmbudError, PermissionError):
    """The user has not agreed; the function was not called."""

    def __init__(self, purpose: str, state: str) -> None:
        self.purpose, self.state = purpose, state
        super().__init__(_reason(purpose, state))

    # Exceptions that cross processes are built again from the arguments, not from the message.
    def __reduce__(self) -> Tuple[Any, ...]:
        return type(self), (self.purpose, self.state)


class ConsentNotAsked(ConsentRequired):
    """The asking function answered without asking the user."""

    def __init__(self, purpose: str, why: str) -> None:
        super().__init__(purpose, "not_asked")
        self._why = why
        self.args = (say(
            "the answer about `%s` did not come from the user (%s), so it does not count as consent. In the asking function, "
            "show `question.show()` and return `question.reply(what the user typed)`" % (purpose, why),
            "关于“%s”的回答并非来自用户（%s），不算取得同意。请在询问函数中展示 `question.show()`，"
            "并返回 `question.reply(用户的输入)`" % (purpose, why),
        ),)

    def __reduce__(self) -> Tuple[Any, ...]:
        return type(self), (self.purpose, self._why)


def _without_login(address: str) -> str:
    """The address without the name and password that it may contain, which belong in no log."""
    scheme, mark, rest = address.partition("://") if "://" in address else ("", "", address)
    authority, slash, path = rest.partition("/")
    return scheme + mark + authority.rpartition("@")[2] + slash + path


def _reason(purpose: str, state: str) -> str:
    if state == "no_subject":
        return say(
            "no user is set. Wrap the call: `with ombud.subject(\"user-id\"):`. Without a user there is no consent to `%s`"
            % purpose,
            "这是谁的数据？请这样调用：`with ombud.subject(\"用户编号\"):`。没有用户，就谈不上对“%s”的同意" % purpose,
        )
    if state == "no_prompt":
        return say(
            "there is no way to ask the user about `%s`: provide an asking function with @ombud.consent_prompt or "
            "ombud.configure(ask=…)" % purpose,
            "无法就“%s”询问用户：请用 @ombud.consent_prompt 或 ombud.configure(ask=…) 提供询问函数" % purpose,
        )
    words = {"refused": ("said no to", "拒绝了"), "withdrawn": ("withdrew consent to", "已撤回对以下用途的同意：")}
    en, zh = words.get(state, ("has not agreed to", "尚未同意"))
    return say(
        "the user %s `%s`, so this step was skipped; everything else works as before" % (en, purpose),
        "用户%s“%s”，因此没有执行；其他功能照常" % (zh, purpose),
    )
