"""The chat page and its three routes, on the standard library's HTTP server."""

import json
import os
import re
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

import telemetry  # noqa: F401
from failure import failure_of
from listen import listen, read_json, send_json
from shop_assistant import agent_loop

PAGE = Path(__file__).parents[1] / "web" / "dist"


class Handler(SimpleHTTPRequestHandler):
    def __init__(self, *args):
        super().__init__(*args, directory=str(PAGE))

    def do_GET(self):
        if self.path.partition("?")[0] != "/":
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("cache-control", "no-store")
        self.end_headers()
        self.wfile.write(page)

    def do_POST(self):
        question = read_json(self).get("question")
        if not isinstance(question, str) or not 1 <= len(question.strip()) <= 500:
            send_json(self, 400, {"error": "Ask a question of 1 to 500 characters."})
        elif self.path == "/api/chat":
            self.stream(question.strip())
        elif self.path in ("/api/ask", "/api/classic/ask"):
            self.answer(question.strip())
        else:
            self.send_error(404)

    def end_headers(self):
        # The page cannot see what telemetry added to its request, so it is told what arrived, unfolded.
        if self.command == "POST":
            self.send_header("x-received-baggage", " ".join(self.headers.get("baggage", "").split()))
        super().end_headers()

    def answer(self, question):
        try:
            send_json(self, 200, {"answer": agent_loop(question)})
        except Exception as error:
            status, message = failure_of(error)
            self.log_error("%s", message)
            send_json(self, status, {"error": message})

    def stream(self, question):
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("cache-control", "no-store")
        self.end_headers()
        try:
            text = agent_loop(question, on_tool=lambda name: self.send_event({"type": "tool", "name": name}))
            self.send_event({"type": "text", "text": text})
        except ConnectionError:  # The visitor has left.
            return
        except Exception as error:
            _, message = failure_of(error)
            self.log_error("%s", message)
            self.send_event({"type": "error", "message": message})

    def send_event(self, event):
        self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())

    def log_request(self, *args):
        pass


def configured_page():
    """The built chat page, with its configuration written into it, as `demo/server/src/page.ts` does."""
    configuration = json.dumps(page_configuration()).replace("<", "\\u003c")
    html = (PAGE / "index.html").read_text()
    return re.sub(r'(<script id="configuration"[^>]*>)[^<]*', lambda tag: tag[1] + configuration, html).encode()


def page_configuration():
    """Without an application in Datadog, RUM gets made-up ids and sends what it collects to the viewer."""
    viewer, application, token = map(os.environ.get, ("VIEWER_URL", "DD_RUM_APPLICATION_ID", "DD_RUM_CLIENT_TOKEN"))
    if application and token:
        site = os.environ.get("DD_SITE", "datadoghq.com")
        return {"viewerUrl": viewer, "rum": {"applicationId": application, "clientToken": token, "site": site}}
    made_up = {"applicationId": "00000000-0000-4000-8000-000000000000", "clientToken": "demo"}
    return {"viewerUrl": viewer, "rum": {**made_up, "proxy": f"{viewer}/rum"}}


page = configured_page()
listen("server", Handler)
