"""Tests the SDK against a mock gateway. Run: python -m unittest discover -s sdk/python/tests"""

import asyncio
import json
import sys
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

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
