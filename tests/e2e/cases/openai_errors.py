"""The provider's errors arrive unchanged, and a stream that breaks off is not passed off as complete."""

import client
import openai
import planted

[PHONE] = planted.named("mobile")


def main():
    for status, kind in [(401, openai.AuthenticationError), (429, openai.RateLimitError), (500, openai.InternalServerError)]:
        try:
            ask(answer=str(status))
        except kind as error:
            client.check(f"simulated {status}" in str(error), str(error))
        else:
            raise AssertionError(f"{status} was swallowed")
    try:
        chunks = list(ask(stream=True, answer="cut", split=2))
    except Exception:  # noqa: BLE001, which error it is is the SDK's business; that there is one is ours
        pass
    else:
        finished = any(chunk.choices and chunk.choices[0].finish_reason == "stop" for chunk in chunks)
        client.check(not finished, "a broken stream looks complete")


def ask(stream=False, **wishes):
    messages = [{"role": "user", "content": client.prompt([PHONE], **wishes)}]
    return client.openai().chat.completions.create(model=client.MODEL, messages=messages, stream=stream)


if __name__ == "__main__":
    main()
