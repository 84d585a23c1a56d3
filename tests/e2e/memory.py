"""The memory edge with real parts: a Chroma server and its client, LangChain with a Chroma retriever, the Python SDK. Cases
like those in doors.py. The embedding function is the test's own: Chroma's default one downloads a model."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import client
import faults
import gateway

sys.path.insert(0, str(gateway.HERE.parent.parent / "sdk" / "python"))
os.environ["ANONYMIZED_TELEMETRY"] = "False"

import ombud  # noqa: E402
import ombud.testing  # noqa: E402

PURPOSE = "memory.personalise"
LIST = "/api/v2/tenants/default_tenant/databases/default_database/collections"


def embed(text):
    """A vector in a tiny space: equal texts are near each other."""
    vector = [0.0] * 16
    for number, letter in enumerate(text):
        vector[(ord(letter) + number) % 16] += 1.0
    return vector


@contextlib.contextmanager
def chroma(folder):
    """A Chroma server of its own, and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(sys.executable).parent / "chroma"
    command = [program, "run", "--path", folder / "chroma", "--host", "127.0.0.1", "--port", str(port)]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, cwd=folder, **quiet)
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + gateway.PATIENCE
        while http(url, "/api/v2/heartbeat")[0] != 200:
            if time.monotonic() > until or process.poll() is not None:
                raise AssertionError("chroma did not start")
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


def http(url, path, body=None, headers=None):
    """Status and JSON; status 0 if nobody answers."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data, {"content-type": "application/json", **(headers or {})})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")
    except OSError:
        return 0, None


@contextlib.contextmanager
def served(ombud_binary, provider, folder, store):
    """A gateway with this store behind it; the SDK is configured for it, and users say yes."""
    config = f'[memory.notes]\nkind = "chroma"\nurl = "{store}"\npurpose = "{PURPOSE}"\n'
    (folder / "ombud.toml").write_text(config, encoding="utf-8")
    process, url = faults.serve(ombud_binary, provider.url, folder / "home")
    ombud.configure(gateway=url, lang="en", ask=lambda question: question.reply(bool(question.show())))
    try:
        yield url
    finally:
        process.terminate()
        process.wait()


def notes(url):
    """The collection through the gateway, with the headers current at the time of each request."""
    import chromadb

    store = ombud.attach(chromadb.HttpClient(host=f"{url}/m/notes"))
    return store.get_or_create_collection("notes", embedding_function=None)


def closed(work, code):
    """Checks that the call is refused with this code, and that the client reports it."""
    try:
        work()
    except Exception as error:  # noqa: BLE001, each client has its own class
        client.check(code in str(error), f"{type(error).__name__}: {error}")
    else:
        raise AssertionError(f"it was open, not {code}")


def add(collection, id, text):
    collection.add(ids=[id], embeddings=[embed(text)], documents=[text], metadatas=[{"kind": "note"}])


def agree():
    ombud.consent.ensure(PURPOSE)


def consent_opens_and_withdrawal_closes(binary, provider, folder):
    """A real client reads and writes while the user agrees, and otherwise learns why it cannot."""
    with chroma(folder) as store, served(binary, provider, folder, store) as url:
        collection = notes(url)
        closed(lambda: collection.get(), "ombud_subject_required")
        with ombud.subject("user-42"):
            closed(lambda: collection.get(), "ombud_consent_required")
            agree()
            add(collection, "1", "likes tea")
            collection.upsert(ids=["1"], embeddings=[embed("likes tea")], documents=["likes green tea"])
            collection.update(ids=["1"], metadatas=[{"kind": "taste"}])
            found = collection.get(ids=["1"])
            client.check(found["ids"] == ["1"] and found["documents"] == ["likes green tea"], str(found))
            client.check(found["metadatas"] == [{"kind": "taste"}], f"the tag shows: {found['metadatas']}")
            near = collection.query(query_embeddings=[embed("likes tea")], n_results=3, where={"kind": "taste"})
            client.check(near["ids"] == [["1"]], str(near["ids"]))
            client.check(collection.count() == 1, "count")
            kept = ombud.headers()
            ombud.consent.withdraw(PURPOSE)
            status, told = http(url, f"/m/notes{LIST}/{collection.id}/get", {}, kept)
            client.check((status, told["code"]) == (403, "ombud_consent_withdrawn"), f"{status} {told}")
            closed(lambda: collection.get(), "ombud_consent_required")
            try:
                agree()
            except ombud.ConsentRequired as error:
                client.check(error.state == "withdrawn", error.state)
            else:
                raise AssertionError("asked again after withdrawal")
            client.check(ombud.consent.ask(PURPOSE), "the user may agree again")
            client.check(collection.count() == 1, "open again")
        # Other entrances to the store.
        for path in ("/api/v2/reset", f"{LIST}/{collection.id}/fork", f"{LIST}/../x"):
            client.check(http(url, f"/m/notes{path}", {})[0] in (403, 404), path)
        delete = urllib.request.Request(f"{url}/m/notes{LIST}/notes", method="DELETE")
        closed(lambda: urllib.request.build_opener(urllib.request.ProxyHandler({})).open(delete), "403")


def proofs_that_do_not_count(binary, provider, folder):
    """Missing, tampered with, for another purpose or another user: closed, each with its reason; also after a restart."""
    with chroma(folder) as store:
        with served(binary, provider, folder, store) as url:
            with ombud.subject("one"):
                agree()
                good = ombud.headers()
                ombud.consent.ensure("other.purpose")
                other = ombud.subjects.current().proofs["other.purpose"][0]
            path = f"/m/notes{LIST}/{notes(url).id}/get"
            client.check(http(url, path, {}, good)[0] == 200, "the good one")
            proof = good["x-ombud-consent"]
            body, signature = proof.split(".")
            cases = {
                "ombud_consent_required": {**good, "x-ombud-consent": ""},
                "ombud_consent_other_purpose": {**good, "x-ombud-consent": other},
                "ombud_consent_other_subject": {**good, "x-ombud-subject": "two"},
                "ombud_consent_invalid": {**good, "x-ombud-consent": f"{body[:-4]}AAAA.{signature}"},
                "ombud_subject_required": {"x-ombud-consent": proof},
            }
            for code, headers in cases.items():
                status, told = http(url, path, {}, headers)
                client.check((status, told.get("code")) == (403, code), f"{code}: {status} {told}")
            status, told = http(url, path, {}, {**good, "x-ombud-session": "s"})
            client.check(told["code"] == "ombud_consent_other_subject", f"another session: {told}")
            status, told = http(url, path, {"ids": ["x"], "tenant": "y"}, good)
            client.check((status, told["code"]) == (400, "ombud_field_unknown"), str(told))
            with ombud.subject("one"):
                ombud.consent.withdraw("other.purpose")
        with served(binary, provider, folder, store) as url:
            status, told = http(url, path, {}, good)
            client.check((status, told["code"]) == (403, "ombud_consent_withdrawn"), f"after a restart: {told}")
        ombud.configure(gateway=url)
        try:
            with ombud.subject("one"):
                agree()
        except ombud.Unreachable:
            pass
        else:
            raise AssertionError("open without a gateway")


def users_do_not_meet(binary, provider, folder):
    """The same id for two users means two items; neither user sees, changes, counts or deletes the other's."""
    with chroma(folder) as store, served(binary, provider, folder, store) as url:
        collection = notes(url)
        for user in ("ann", "bob"):
            with ombud.subject(user):
                agree()
                add(collection, "1", f"the secret of {user}")
        with ombud.subject("ann"):
            agree()
            both = {"$or": [{"kind": "note"}, {"ombud_subject": {"$ne": "x"}}]}
            seen = [collection.get(), collection.get(where=both), collection.get(ids=["1"]), collection.peek(10)]
            seen.append(collection.query(query_embeddings=[embed("the secret of bob")], n_results=10))
            client.check(all("bob" not in str(one["documents"]) for one in seen), "ann reads bob's")
            client.check(all("ann" in str(one["documents"]) for one in seen), "ann does not read ann's")
            client.check(collection.count() == 1, "ann counts bob's")
            collection.delete(where={"kind": "note"})
            client.check(collection.count() == 0, "ann's is not deleted")
            closed(lambda: collection.add(ids=["2"], embeddings=[embed("x")], metadatas=[{"ombud_subject": "y"}]), "ombud_metadata_reserved")
            key = "sk-proj-aB3dE6gH9jK2mN5pQ8sT1vW4yZ7aB3dE6gH9jK2mN5pQ8sT"
            add(collection, "3", f"my key is {key}")
            client.check(key not in str(collection.get()), "a secret is stored")
        with ombud.subject("bob"):
            agree()
            client.check(collection.get()["documents"] == ["the secret of bob"], "bob's is gone")


def erased_and_probed(binary, provider, folder):
    """Erasure deletes, finds what was planted past the gateway, and leaves a log that verifies."""
    env = gateway.environment(folder / "home")

    def subject(*arguments):
        done = gateway.execute([binary, "subject", *arguments, "--format", "json"], env, cwd=folder)
        client.check(done.returncode in (0, 1), done.stderr.decode())
        return done.returncode, json.loads(done.stdout)[0]

    with chroma(folder) as store:
        with served(binary, provider, folder, store) as url:
            collection = notes(url)
            for user in ("ann", "bob"):
                with ombud.subject(user):
                    agree()
                    add(collection, "1", f"likes {user}")
            with ombud.subject("ann"):
                http(url, "/api/v1/redact", {"text": "call 13912345678"}, ombud.headers())
                headers = {**ombud.headers(), "authorization": "Bearer k"}
                chat = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
                client.check(http(url, "/v1/chat/completions", chat, headers)[0] == 200, "chat")
            _, held = subject("show", "ann")
            client.check(held["stores"] == {"notes": 1} and held["tokens"] == 1, str(held))
            client.check(held["consents"] == {PURPOSE: "given"} and held["conversations"] == 2, str(held))
            # Written around the gateway, as an agent did before it had one.
            planted = {"ids": ["old"], "embeddings": [embed("x")], "metadatas": [{"user": "ann"}], "documents": ["x"]}
            client.check(http(store, f"{LIST}/{collection.id}/add", planted)[0] in (200, 201), "planting")
            code, receipt = subject("erase", "ann")
            client.check(code == 1 and receipt["residue"]["notes"] == 1, f"the planted item is not found: {receipt}")
            client.check(receipt["deleted"]["notes"] == 1 and receipt["deleted"]["vault"] == 1, str(receipt))
            http(store, f"{LIST}/{collection.id}/delete", {"ids": ["old"]})
        # Without a gateway, the command does it itself.
        code, receipt = subject("erase", "ann")
        client.check(code == 0 and receipt["complete"], str(receipt))
        client.check(set(receipt["residue"].values()) == {0} and receipt["not_looked_at"], str(receipt))
        client.check(any("provider" in place for place in receipt["not_looked_at"]), str(receipt["not_looked_at"]))
        _, held = subject("show", "ann")
        client.check(held["stores"] == {"notes": 0} and held["conversations"] == 0 and not held["tokens"], str(held))
        _, held = subject("show", "bob")
        client.check(held["stores"] == {"notes": 1} and held["conversations"] == 1, f"bob lost something: {held}")
    code, receipt = subject("erase", "bob")
    client.check(code == 1 and receipt["residue"]["notes"] is None, f"a store that is down looks clean: {receipt}")
    verified = gateway.execute([binary, "log", "verify"], env, cwd=folder)
    client.check(verified.returncode == 0, verified.stdout.decode())
    with chroma(folder) as store, served(binary, provider, folder, store) as url:
        # The next start finishes the erasure that could not reach the store.
        until = time.monotonic() + gateway.PATIENCE
        while time.monotonic() < until and subject("show", "bob")[1]["stores"] != {"notes": 0}:
            time.sleep(0.1)
        client.check(subject("show", "bob")[1]["stores"] == {"notes": 0}, "not resumed")


def langchain_retrieves_what_the_user_allows(binary, provider, folder):
    """A chain with a Chroma retriever and ChatOpenAI, unchanged except for `ombud.attach`."""
    import chromadb
    from langchain_chroma import Chroma
    from langchain_core.embeddings import Embeddings
    from langchain_openai import ChatOpenAI

    class Letters(Embeddings):
        def embed_documents(self, texts):
            return [embed(text) for text in texts]

        def embed_query(self, text):
            return embed(text)

    with chroma(folder) as store, served(binary, provider, folder, store) as url:
        behind = ombud.attach(chromadb.HttpClient(host=f"{url}/m/notes"))
        memories = Chroma(client=behind, collection_name="notes", embedding_function=Letters())
        model = ChatOpenAI(model="m", base_url=f"{url}/v1", api_key="k", max_retries=0)

        @ombud.user_consent_required(PURPOSE)
        def answer(asked):
            found = memories.as_retriever(search_kwargs={"k": 2}).invoke(asked)
            context = "\n".join(document.page_content for document in found)
            return context, model.invoke(f"{context}\n{asked}", extra_headers=ombud.headers()).content

        for user, phone in (("ann", "13912345678"), ("bob", "13712345679")):
            with ombud.subject(user):
                agree()
                memories.add_texts([f"{user} can be called at {phone}"], ids=["1"])
        provider.taken()
        with ombud.subject("ann"):
            context, _ = answer("how can I be called?")
            client.check("13912345678" in context and "bob" not in context, context)
            sent = provider.taken()
            client.check(len(sent) == 1 and "13912345678" not in sent[0].text, "the number left")
            ombud.consent.withdraw(PURPOSE)
            closed(lambda: answer("how can I be called?"), "withdrew consent")
        client.check(not provider.taken(), "the model was asked all the same")


def the_mended_sample_asks_keeps_and_erases(binary, provider, folder):
    """The sample's own user: a no keeps nothing, a yes remembers, `erase` leaves nothing; no chat is in a file."""
    agent = gateway.HERE.parent.parent / "examples" / "assistant-mended" / "agent.py"
    env = gateway.environment(folder / "home", **gateway.KEYS)

    def run(*arguments):
        command = [binary, "run", "--upstream", f"{provider.url}/v1", "--", sys.executable, agent, *arguments]
        return gateway.execute([str(part) for part in command], env, cwd=folder)

    def remember(consent):
        """The tool as the model would call it, in a process of its own."""
        code = (
            f"import sys; sys.path.insert(0, {str(agent.parent)!r}); import agent, ombud\n"
            f"ombud.configure(ask=agent.asking({consent!r}))\n"
            "with ombud.subject('user-1'):\n"
            "    call = {'function': {'name': 'save_memory', 'arguments': '{\"text\": \"likes tea\"}'}}\n"
            "    print(agent.call_tool(call), '|', agent.search_memory('tea'))"
        )
        command = [binary, "run", "--upstream", f"{provider.url}/v1", "--", sys.executable, "-c", code]
        return gateway.execute(command, env, cwd=folder).stdout.decode()

    with chroma(folder) as store:
        config = f'[memory.notes]\nkind = "chroma"\nurl = "{store}"\npurpose = "{PURPOSE}"\ncollections = ["notes"]\n'
        (folder / "ombud.toml").write_text(config, encoding="utf-8")
        done = run("--user", "user-2", "--consent", "no", "hello")
        client.check(done.returncode == 0 and b"said no" in done.stderr, f"{done.stdout}{done.stderr}")
        done = run("--user", "user-2", "--lang", "zh", "--consent", "yes", "你好")
        client.check(done.returncode == 0 and "用户拒绝了" in done.stderr.decode(), f"a no was forgotten: {done.stderr.decode()}")
        told = remember("no")
        client.check("failed" in told and "likes tea" not in told, told)
        done = run("erase")
        client.check(done.returncode == 0, done.stdout.decode())
        told = remember("yes")
        client.check("remembered | - likes tea" in told, told)
        done = run("erase")
        client.check(done.returncode == 0 and b'"notes": 1' in done.stdout, done.stdout.decode())
        client.check("likes tea" not in remember("no"), "it remembers after the erasure")
    left = [path.name for path in folder.iterdir()]
    client.check(set(left) <= {"home", "chroma", "ombud.toml"}, f"files: {left}")


def other_clients_carry_the_headers(binary, provider, folder):
    """`ombud.attach` on the clients that agents use, synchronous and asynchronous."""
    import asyncio

    import httpx
    import openai
    import requests

    async def later(path):
        async with ombud.attach(httpx.AsyncClient(trust_env=False)) as session:
            return (await session.post(path, json={})).status_code

    with chroma(folder) as store, served(binary, provider, folder, store) as url:
        path = f"{url}/m/notes{LIST}/{notes(url).id}/get"
        sessions = [ombud.attach(requests.Session()), ombud.attach(httpx.Client(trust_env=False))]
        sessions[0].trust_env = False
        model = ombud.attach(openai.OpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0))
        client.check([one.post(path, json={}).status_code for one in sessions] == [403, 403], "open to nobody")
        with ombud.subject("ann"):
            agree()
            client.check([one.post(path, json={}).status_code for one in sessions] == [200, 200], "closed to ann")
            client.check(asyncio.run(later(path)) == 200, "closed to ann later")
            before = ombud.OmbudClient().show("ann")["conversations"]
            model.chat.completions.create(model="m", messages=[{"role": "user", "content": "hello"}])
            client.check(ombud.OmbudClient().show("ann")["conversations"] == before + 1, "the chat is nobody's")
        for request in provider.taken():
            client.check(not any(name.lower().startswith("x-ombud") for name in request.headers), "the provider sees whose it is")


def the_sdk_by_itself(binary, provider, folder):
    """The SDK's own tests, against a mock gateway."""
    tests = gateway.HERE.parent.parent / "sdk" / "python" / "tests"
    env = gateway.environment(folder)
    done = gateway.execute([sys.executable, "-m", "unittest", "discover", "-s", str(tests)], env, cwd=folder)
    client.check(done.returncode == 0, done.stderr.decode())


def the_javascript_sdk_opens_and_closes(binary, provider, folder):
    """A Node agent behind the real gateway: the same as with Python, from `ombud run` to the withdrawal."""
    package = gateway.HERE.parent.parent / "sdk" / "js" / "index.mjs"
    with chroma(folder) as store, served(binary, provider, folder, store) as url:
        path = f"/m/notes{LIST}/{notes(url).id}/get"
        env = gateway.environment(folder / "node", OMBUD_GATEWAY=url, OMBUD_LANG="en")
        script = str(gateway.HERE / "memory_node.mjs")
        done = gateway.execute(["node", script, str(package), path, PURPOSE], env, cwd=folder)
        client.check(done.returncode == 0, done.stderr.decode())
        told = done.stdout.decode().split()
        client.check(told == ["403", "refused", "200", "given", "403", "withdrawn", "403"], told)


MEMORY = [
    consent_opens_and_withdrawal_closes,
    proofs_that_do_not_count,
    users_do_not_meet,
    erased_and_probed,
    langchain_retrieves_what_the_user_allows,
    the_mended_sample_asks_keeps_and_erases,
    other_clients_carry_the_headers,
    the_sdk_by_itself,
    the_javascript_sdk_opens_and_closes,
]
