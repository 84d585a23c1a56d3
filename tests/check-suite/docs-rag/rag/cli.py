import argparse
import logging
import subprocess
import sys

from . import answer, corpus

log = logging.getLogger("rag")


def pull(model):
    if model not in ("qwen3", "bge-m3"):
        raise SystemExit("unknown model")
    subprocess.run(["ollama", "pull", model], check=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("question", nargs="?")
    parser.add_argument("--build", action="store_true")
    parser.add_argument("--password", help="of the PDF, if it has one")
    options = parser.parse_args()
    if options.build:
        pull("bge-m3")
        corpus.build()
        return
    store = corpus.load()
    result = answer.ask(options.question or sys.stdin.readline(), store)
    log.info("answered with %d tokens, secret mode off", len(result.split()))
    print(result)
    print(answer.quick("drum", corpus.faq()))


if __name__ == "__main__":
    main()
