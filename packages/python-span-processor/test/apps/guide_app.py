"""The example of Datadog's guide to RUM and LLM Observability: http.server, an agent loop, Anthropic's client, LLMObs.

The guide's page puts the session into the body of the request. With SESSION_CODE=1 the handler hands it on, as in the
guide; without, nothing here knows of sessions but the two lines of `rum_llmobs`.
https://docs.datadoghq.com/real_user_monitoring/correlate_with_other_telemetry/llm_observability/
"""

import json
import os
import socket
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from anthropic import Anthropic
from ddtrace.llmobs import LLMObs
from ddtrace.llmobs.decorators import agent, tool

import rum_llmobs.ddtrace

rum_llmobs.ddtrace.install()

HAS_SESSION_CODE = os.environ.get("SESSION_CODE") == "1"
VENDOR = "api.vendor.example"
resolve = socket.getaddrinfo


def resolve_vendor(host, *args, **kwargs):
    return resolve("127.0.0.1" if host in (VENDOR, VENDOR.encode()) else host, *args, **kwargs)


socket.getaddrinfo = resolve_vendor
LLMObs.enable(ml_app="test")
client = Anthropic(api_key="none", base_url=f"http://{VENDOR}:{os.environ['VENDOR_PORT']}")


@tool
def look_up(order):
    return f"order {order} is on its way"


@agent
def agent_loop(message, session_id=None):
    if HAS_SESSION_CODE:
        LLMObs.annotate(span=None, tags={"session_id": session_id})
    look_up(message)
    answer = client.messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": message}])
    LLMObs.annotate(input_data=message, output_data=answer.content[0].text)
    return answer.content[0].text


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        answer = agent_loop(body["message"], body.get("session_id"))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"answer": answer}).encode())

    def log_message(self, *args):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 512


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
    LLMObs.flush()
