"""Tests the SDK against a mock gateway. Run: python -m unittest discover -s sdk/python/tests"""

import asyncio
import contextlib
import contextvars
import json
import os
import pickle
import socket
import subprocess
import sys
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import ombud  # noqa: E402
from ombud import testing  # noqa: E402


class Played(BaseHTTPRequestHandler):
    """Remembers answers by subject and purpose."""

    answers = {}
    asked = []

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.asked.append((self.path, body))
        if self.path.endswith("/sources"):
            return self.tell({"declared": len(body["sources"]), "too_short": []})
        key = (body["subject"], body.get("purpose") or body.get("request"))
        if self.path.endswith("/give"):
            self.answers[key] = "given" if body["agreed"] else "refused"
        elif self.path.endswith("/withdraw"):
            self.answers[key] = "withdrawn"
        state = self.answers.get(key, "none")
        told = {"state": state}
        if state == "given":
            told.update(proof="proof-of-%s-%s" % key, expires=time.time() + 900)
        else:
            told["request"] = body.get("purpose")
        self.tell(told)

    def tell(self, told):
        data = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def yes(question):
    question.show()
    return question.reply("yes")


def no(question):
    question.show()
    return question.reply("no")


class Sdk(unittest.TestCase):
    def setUp(self):
        Played.answers, Played.asked = {}, []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Played)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = "http://127.0.0.1:%d" % self.server.server_port
        ombud.configure(gateway=self.url, lang="en", ask=yes)
        self.ran = []

    def tearDown(self):
        self.server.shutdown()
        self.server.server_close()

    def guarded(self):
        @ombud.user_consent_required("p")
        def read(value):
            self.ran.append(value)
            return value

        return read

    def refused(self, work, state):
        with self.assertRaises(ombud.ConsentRequired) as caught:
            work()
        self.assertEqual((caught.exception.state, self.ran), (state, []))

    def test_without_a_subject_or_consent_the_body_never_runs(self):
        read = self.guarded()
        self.refused(lambda: read(1), "no_subject")
        ombud.configure(ask=no)
        with ombud.subject("u"):
            self.refused(lambda: read(1), "refused")
            self.refused(lambda: read(1), "refused")
        self.assertEqual(sum(path.endswith("give") for path, _ in Played.asked), 1, "a user who said no is asked only once")

    def test_a_yes_opens_for_this_user_only(self):
        read = self.guarded()
        with ombud.subject("ä/1", session="s 1"):
            self.assertEqual(read(7), 7)
            found = ombud.headers()
            self.assertEqual(found["x-ombud-subject"], "%C3%A4%2F1")
            self.assertEqual((found["x-ombud-session"], found["x-ombud-consent"]), ("s%201", "proof-of-ä/1-p"))
        self.assertEqual(ombud.headers(), {})
        ombud.configure(ask=no)
        self.ran = []
        with ombud.subject("other"):
            self.refused(lambda: read(1), "refused")

    def test_a_block_may_end_in_another_context(self):
        block = ombud.subject("u")
        contextvars.copy_context().run(block.__enter__)
        with ombud.subject("other"):
            block.__exit__(None, None, None)
            self.assertEqual(ombud.headers()["x-ombud-subject"], "other")
        self.assertEqual(ombud.headers(), {})

    def test_withdrawal_closes_at_once(self):
        read = self.guarded()
        with ombud.subject("u"):
            read(1)
            ombud.consent.withdraw("p")
            self.assertNotIn("x-ombud-consent", ombud.headers())
            self.ran = []
            self.refused(lambda: read(1), "withdrawn")
            self.assertTrue(ombud.consent.ask("p"))
            self.assertEqual(read(2), 2)

    def test_every_kind_of_function(self):
        ran = self.ran

        class Memory:
            @ombud.user_consent_required("p")
            def method(self, value):
                ran.append(value)
                return value

            @ombud.user_consent_required("p")
            async def later(self):
                ran.append("later")
                return "later"

            @ombud.user_consent_required("p")
            def items(self):
                ran.append("items")
                yield 1

            @ombud.user_consent_required("p")
            async def stream(self):
                ran.append("stream")
                yield 1

            @ombud.user_consent_required("p")
            @staticmethod
            def still():
                ran.append("still")
                return "still"

        memory = Memory()

        async def streamed():
            return [item async for item in memory.stream()]

        calls = [
            lambda: memory.method(1), lambda: asyncio.run(memory.later()), lambda: list(memory.items()),
            lambda: asyncio.run(streamed()), Memory.still,
        ]
        ombud.configure(ask=no)
        with ombud.subject("u"):
            for call in calls:
                self.assertRaises(ombud.ConsentRequired, call)
            self.assertEqual(ran, [])
            ombud.configure(ask=yes)
            self.assertTrue(ombud.consent.ask("p"))
            self.assertEqual([call() for call in calls], [1, "later", [1], [1], "still"])

    def test_an_answer_that_is_not_the_users_counts_as_none(self):
        read = self.guarded()
        other = []

        def unseen(question):
            return question.reply("yes")

        def kept(question):
            question.show()
            other.append(question.reply("yes"))
            return other[0]

        async def coroutine(question):
            question.show()
            return question.reply("yes")

        for fake in (lambda _: True, lambda _: "yes", lambda _: None, unseen, coroutine):
            ombud.configure(ask=fake)
            with ombud.subject("u"):
                self.refused(lambda: read(1), "not_asked")
        ombud.configure(ask=kept)
        with ombud.subject("first"):
            read(0)
        self.ran = []
        with ombud.subject("second"):
            self.refused(lambda: read(1), "not_asked")
        self.assertRaises(TypeError, ombud.Answer, None, None, True, "")

    def test_a_text_is_declared_in_parts_that_overlap(self):
        chunk = "Refunds take ten days."
        with ombud.subject("lin", session="s 1"):
            self.assertEqual(ombud.declare_source(chunk, "knowledge", "faq"), chunk)
        ombud.declare_source(chunk, "web", trust="operator")
        sent = [body["sources"] for _, body in Played.asked]
        self.assertEqual(sent[0], [{"kind": "knowledge", "text": chunk, "name": "faq", "conversation": "s%201"}])
        self.assertEqual(sent[1], [{"kind": "web", "text": chunk, "trust": "operator"}])
        Played.asked.clear()
        long = " ".join("word%d" % at for at in range(20_000))
        ombud.declare_source(long, "file")
        parts = [body["sources"][0]["text"] for _, body in Played.asked]
        self.assertTrue(len(parts) > 2 and all(len(part) <= 60_000 for part in parts))
        self.assertTrue(all(first[-200:] == second[:200] for first, second in zip(parts, parts[1:])))
        self.assertTrue(long.startswith(parts[0]) and long.endswith(parts[-1]))

    def test_nothing_opens_without_a_gateway(self):
        read = self.guarded()
        for address in ("http://127.0.0.1:1", "", "file:///etc/passwd"):
            ombud.configure(gateway=address)
            with ombud.subject("u"):
                self.assertRaises(ombud.Unreachable, read, 1)
        self.assertEqual(self.ran, [])

    def test_headers_go_to_the_gateway_only(self):
        seen = []

        class Elsewhere(Played):
            def do_GET(self):
                seen.append(dict(self.headers))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

        Played.do_GET = Elsewhere.do_GET
        elsewhere = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
        threading.Thread(target=elsewhere.serve_forever, daemon=True).start()
        try:
            with ombud.subject("u"):
                for url in (self.url, "http://127.0.0.1:%d" % elsewhere.server_port):
                    ombud.opener().open(url + "/x").close()
        finally:
            elsewhere.shutdown()
            elsewhere.server_close()
            del Played.do_GET
        told = ["x-ombud-subject" in map(str.lower, headers) for headers in seen]
        self.assertEqual(told, [True, False])

    def test_key_and_user_follow_no_redirect(self):
        got = []

        class Elsewhere(BaseHTTPRequestHandler):
            def do_GET(self):
                got.append({name.lower() for name in self.headers if name.lower().startswith("x-ombud")})
                Played.tell(self, {})

            do_POST = do_GET

            def log_message(self, *_):
                pass

        other = ThreadingHTTPServer(("localhost", 0), Elsewhere)
        threading.Thread(target=other.serve_forever, daemon=True).start()
        self.addCleanup(other.server_close)
        self.addCleanup(other.shutdown)

        class Leads(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(302)
                self.send_header("location", "http://localhost:%d/" % other.server_port)
                self.send_header("content-length", "0")
                self.end_headers()

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self.server.RequestHandlerClass = Leads
        ombud.configure(key="k-1")
        self.addCleanup(ombud.configure, key="")
        with ombud.subject("u"):
            with self.assertRaises(ombud.OmbudError):
                ombud.OmbudClient().consents("u")
            self.assertEqual(got, [], "OmbudClient follows no redirect")
            try:
                import requests
            except ImportError:
                pass
            else:
                ombud.attach(requests.Session()).get(self.url + "/x")
                self.assertEqual(got.pop(), set())
            try:
                import httpx
            except ImportError:
                pass
            else:
                ombud.attach(httpx.Client(follow_redirects=True)).get(self.url + "/x")
                self.assertEqual(got.pop(), set())

                async def asked():
                    async with httpx.AsyncClient(follow_redirects=True) as client:
                        await ombud.attach(client).get(self.url + "/x")

                asyncio.run(asked())
                self.assertEqual(got.pop(), set())

    def test_one_who_is_asked_keeps_nobody_waiting(self):
        plain, held = Played.tell, threading.Event()

        def slow(handler, told):
            held.wait(5)
            plain(handler, told)

        Played.tell = slow
        self.addCleanup(setattr, Played, "tell", plain)

        async def both():
            with ombud.subject("u"):
                waits = asyncio.create_task(ombud.consent.ensure_async("p"))
            # The gateway responds only after the event loop has had a turn.
            await asyncio.sleep(0.05)
            held.set()
            await waits

        begun = time.monotonic()
        asyncio.run(both())
        self.assertLess(time.monotonic() - begun, 4)

    def given(self):
        return [path for path, _ in Played.asked if path.endswith("/give")]

    def test_calls_at_the_same_time_ask_once(self):
        async def slowly(question):
            question.show()
            await asyncio.sleep(0.05)
            return question.reply("yes")

        @ombud.user_consent_required("p")
        async def read():
            return ombud.headers().get("x-ombud-consent")

        async def thrice():
            return await asyncio.gather(read(), read(), read())

        ombud.configure(ask=slowly)
        with ombud.subject("u"):
            self.assertEqual(asyncio.run(thrice()), ["proof-of-u-p"] * 3)
        self.assertEqual(len(self.given()), 1)

        def slow(question):
            question.show()
            time.sleep(0.05)
            return question.reply("yes")

        ombud.configure(ask=slow)
        with ombud.subject("v"), ThreadPoolExecutor(4) as pool:
            contexts = [contextvars.copy_context() for _ in range(4)]
            self.assertEqual(list(pool.map(lambda context: context.run(self.guarded(), 1), contexts)), [1] * 4)
        self.assertEqual(len(self.given()), 2)

    def held(self):
        """Lets the gateway respond only after the second event; the first tells that it was asked."""
        plain, arrived, go = Played.tell, threading.Event(), threading.Event()

        def slow(handler, told):
            arrived.set()
            go.wait(5)
            plain(handler, told)

        Played.tell = slow
        self.addCleanup(setattr, Played, "tell", plain)
        return arrived, go

    def test_a_proof_stays_while_it_is_asked_for_again(self):
        read = self.guarded()
        with ombud.subject("u") as who:
            read(1)
            arrived, go = self.held()
            context = contextvars.copy_context()
            for work in (lambda: read(2), ombud.headers):
                arrived.clear()
                go.clear()
                thread = threading.Thread(target=contextvars.copy_context().run, args=(work,))
                thread.start()
                self.assertTrue(arrived.wait(5))
                self.assertEqual([kept[0] for kept in who.proofs.values()], ["proof-of-u-p"])
                go.set()
                thread.join()
                # The next one renews a proof that is about to expire.
                who.proofs["p"] = ("proof-of-u-p", time.time() + 30, None)
            self.assertIn("x-ombud-consent", context.run(ombud.headers))
            go.clear()
            arrived.clear()
            who.proofs["p"] = ("old", time.time() + 30, None)
            thread = threading.Thread(target=contextvars.copy_context().run, args=(ombud.headers,))
            thread.start()
            self.assertTrue(arrived.wait(5))
            who.proofs.clear()
            go.set()
            thread.join()
            self.assertEqual(who.proofs, {}, "a withdrawal during the renewal stays one")

    def test_the_asking_function_does_not_wait_for_itself(self):
        read = self.guarded()

        async def later(question):
            question.show()
            await ombud.consent.ensure_async("p")

        def now(question):
            question.show()
            read(1)

        with ombud.subject("u"):
            ombud.configure(ask=now)
            self.refused(lambda: read(1), "not_asked")
            ombud.configure(ask=later)
            self.refused(lambda: asyncio.run(ombud.consent.ensure_async("p")), "not_asked")

            async def lives_on():
                over = asyncio.Event()
                tasks = []

                async def work():
                    await over.wait()
                    await ombud.consent.ensure_async("p")

                async def starts(question):
                    question.show()
                    tasks.append(asyncio.ensure_future(work()))
                    return question.reply("yes")

                ombud.configure(ask=starts)
                await ombud.consent.ensure_async("p")
                over.set()
                await tasks[0]

            asyncio.run(lives_on())

    def test_an_async_generator_is_closed_and_gets_what_is_sent(self):
        seen = []

        @ombud.user_consent_required("p")
        async def items():
            try:
                seen.append((yield 1))
                yield 2
            except KeyError as error:
                seen.append(error.args)
                yield 3
            finally:
                seen.append("closed")

        async def tried():
            stream = items()
            self.assertEqual([await stream.asend(None), await stream.asend("sent")], [1, 2])
            self.assertEqual(await stream.athrow(KeyError("k")), 3)
            await stream.aclose()
            self.assertEqual(seen, ["sent", ("k",), "closed"])
            seen.clear()
            stream = items()
            async for _ in stream:
                break
            await stream.aclose()
            self.assertEqual(seen, ["closed"])

        @ombud.user_consent_required("p")
        async def opened():
            try:
                yield 1
            except KeyError as error:
                seen.append(error.args)

        async def managed():
            async with contextlib.asynccontextmanager(opened)() as one:
                self.assertEqual(one, 1)
                raise KeyError("in the block")

        with ombud.subject("u"):
            asyncio.run(tried())
            seen.clear()
            asyncio.run(managed())
        self.assertEqual(seen, [("in the block",)])

    def test_what_is_no_function_is_refused(self):
        guard = ombud.user_consent_required("p")
        for wrong in (property(lambda self: 1), 1, type("A", (), {})):
            self.assertRaises(TypeError, guard, wrong)
        self.assertRaises(TypeError, ombud.user_consent_required, lambda: 1)

    def test_errors_cross_processes(self):
        for error in (ombud.ConsentRequired("p", "refused"), ombud.ConsentNotAsked("p", "why"), ombud.Unreachable("http://x")):
            again = pickle.loads(pickle.dumps(error))
            self.assertEqual((type(again), str(again), vars(again)), (type(error), str(error), vars(error)))

    def test_a_gateway_that_makes_no_sense_is_unreachable_and_its_password_stays_secret(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def babble():
            with contextlib.suppress(OSError):
                while True:
                    connection = listener.accept()[0]
                    connection.recv(4096)
                    connection.sendall(b"SSH-2.0-none\r\n")
                    connection.close()

        threading.Thread(target=babble, daemon=True).start()
        read = self.guarded()
        with ombud.subject("u"):
            for address in ("http://127.0.0.1:%d" % listener.getsockname()[1], "http://me:hunter2@127.0.0.1:1", "me:hunter2@x:1"):
                ombud.configure(gateway=address)
                with self.assertRaises(ombud.Unreachable) as caught:
                    read(1)
                self.assertNotIn("hunter2", str(caught.exception))
        self.assertIn("http://", str(ombud.Unreachable("127.0.0.1:8787")))
        self.assertEqual(self.ran, [])

    def test_the_gateway_is_known_in_the_form_that_clients_give_it(self):
        attach = sys.modules["ombud.attach"]
        for gateway, url, ours in (
            ("https://GW.example:443", "https://gw.example/x", True),
            ("http://gw.example", "http://gw.example:80?q=1", True),
            ("http://gw.example:1", "http://gw.example:1\\@evil.example/", False),
            ("http://gw.example:1", "http://gw.example:12/", False),
            ("http://gw.example:1", "https://gw.example:1/", False),
            ("http://gw.example:1", "http://gw.example:1@evil.example/", False),
            ("https://gw.example/ombud", "https://gw.example/ombud/x", True),
            ("https://gw.example/ombud", "https://gw.example/ombudsman", False),
            ("https://gw.example/ombud", "https://gw.example/ombud/%2e%2e/x", False),
        ):
            ombud.configure(gateway=gateway)
            self.assertEqual(attach._ours(url), ours, url)

    def test_no_proxy_of_the_environment_reads_the_headers(self):
        seen = []

        class Proxy(BaseHTTPRequestHandler):
            def do_GET(self):
                seen.append((self.path, self.headers.get("x-ombud-subject")))
                Played.tell(self, {})

            def log_message(self, *_):
                pass

        Played.do_GET = lambda handler: Played.tell(handler, {"direct": True})
        self.addCleanup(delattr, Played, "do_GET")
        proxy = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        self.addCleanup(proxy.server_close)
        self.addCleanup(proxy.shutdown)
        names = ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")
        proxied = {name: "http://127.0.0.1:%d" % proxy.server_port for name in names}
        with mock.patch.dict(os.environ, {**proxied, "no_proxy": "", "NO_PROXY": ""}), ombud.subject("u"):
            clients = [lambda url: json.load(ombud.opener().open(url))]
            with contextlib.suppress(ImportError):
                import requests

                clients.append(lambda url: ombud.attach(requests.Session()).get(url).json())
            with contextlib.suppress(ImportError):
                import httpx

                async def asked(url):
                    async with httpx.AsyncClient() as client:
                        return (await ombud.attach(client).get(url)).json()

                clients.append(lambda url: ombud.attach(httpx.Client()).get(url).json())
                clients.append(lambda url: asyncio.run(asked(url)))
            for get in clients:
                self.assertEqual(get(self.url + "/x"), {"direct": True})
                self.assertEqual(seen, [])
                get("http://other.example/y")
                self.assertEqual(seen, [("http://other.example/y", None)])
                seen.clear()

    def test_a_session_is_named_alike_everywhere(self):
        with ombud.subject("u", session="chat:1"):
            named = ombud.headers()["x-ombud-session"]
            ombud.OmbudClient().ask("u", "p", "chat:1")
            ombud.consent.ensure("p")
        self.assertEqual({body["session"] for _, body in Played.asked}, {named})
        with ombud.subject("u", session=None):
            self.assertNotIn("x-ombud-session", ombud.headers())

    def test_the_helpers_for_tests_need_no_import_of_their_own(self):
        code = "import ombud; ombud.testing.assert_consent_is_real"
        subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(ombud.__file__).parent.parent)

    def test_a_consent_function_is_tried_with_both_users(self):
        def asks(question):
            return question.reply(input(question.show()))

        def takes_yes(question):
            input(question.show())
            return question.reply("yes")

        def never(question):
            input(question.show())
            return question.reply("no")

        testing.assert_consent_is_real(asks)
        for fake in (takes_yes, never, lambda _: True):
            self.assertRaises(AssertionError, testing.assert_consent_is_real, fake)

    def test_errors_speak_chinese(self):
        ombud.configure(lang="zh")
        self.assertIn("用户", str(ombud.ConsentRequired("p", "refused")))
        self.assertIn("网关", str(ombud.Unreachable("")))


if __name__ == "__main__":
    unittest.main()
