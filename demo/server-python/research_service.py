"""The research service: an agent of its own, which the shop's assistant calls over HTTP."""

from http.server import BaseHTTPRequestHandler

from ddtrace.llmobs import LLMObs
from ddtrace.llmobs.decorators import agent

import telemetry  # noqa: F401
from listen import listen, read_json, send_json
from model import MODEL, client
from scripted_model import research_script
from shop import find_notes

anthropic = client(research_script)


@agent(name="researcher")
def research(topic):
    prompt = "\n".join([topic, *(f"- {note}" for note in find_notes(topic))])
    answer = anthropic.messages.create(
        model=MODEL,
        max_tokens=1000,
        system="Condense the notes that bear on the topic into two sentences.",
        messages=[{"role": "user", "content": prompt}],
    )
    text = "".join(block.text for block in answer.content if block.type == "text")
    LLMObs.annotate(input_data=topic, output_data=text)
    return text


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        topic = read_json(self).get("topic")
        if not isinstance(topic, str) or not 1 <= len(topic) <= 1000:
            send_json(self, 400, {"error": "Ask about a topic of 1 to 1000 characters."})
            return
        # ddtrace does not instrument http.server, so the caller's trace is continued by hand.
        LLMObs.activate_distributed_headers(dict(self.headers))
        try:
            send_json(self, 200, {"summary": research(topic)})
        except Exception as error:
            self.log_error("%r", error)
            send_json(self, 500, {"error": "The research service could not answer."})

    def log_request(self, *args):
        pass


listen("research service", Handler)
