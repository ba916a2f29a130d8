"""A model that follows a script, behind the part of Anthropic's API that the demo uses. It really calls the tools."""

import json
import re
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from uuid import uuid4

THINKING_SECONDS = 0.12


def assistant_script(question, results):
    """Looks the order up, if the question names one; then asks research about its products; then answers."""
    number = re.search(r"\border\s*#?\s*(\d{4})\b", question, re.IGNORECASE)
    if number and "look_up_order" not in results:
        return {"name": "look_up_order", "input": {"order_number": number[1]}}
    order = json.loads(results["look_up_order"]) if number else {}
    items = order.get("items", [])
    if "research" not in results:
        names = ", ".join(item["name"] for item in items)
        return {"name": "research", "input": {"topic": f"{question} ({names})" if names else question}}
    return "\n\n".join([f"You asked: “{question}”", describe_order(number, order, items), results["research"]])


def describe_order(number, order, items):
    if not number:
        return "Tell me an order number, such as 1042, and I can say when it arrives."
    if not items:
        return f"I found no order {number[1]}."
    names = ", ".join(
        f"{item['quantity']} × {item['name']}{'' if item['in_stock'] else ' (waiting for stock)'}" for item in items
    )
    return f"Order {number[1]}: {names}; €{order['total']:.2f} in total. It arrives on {order['arrives']}."


def research_script(prompt, results):
    """Condenses the notes that stand below the topic in the prompt."""
    notes = [line[2:] for line in prompt.split("\n") if line.startswith("- ")]
    return f"From our field notes: {' '.join(notes)}" if notes else "Our field notes say nothing about this."


def start_scripted_model(script):
    """Serves the script as a model on loopback until the process ends; returns the base URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            time.sleep(THINKING_SECONDS)
            body = json.dumps(answer(script, request)).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def answer(script, request):
    messages = request["messages"]
    turn = script(messages[0]["content"], results_in(messages))
    is_text = isinstance(turn, str)
    block = {"type": "text", "text": turn} if is_text else {"type": "tool_use", "id": f"toolu_{uuid4().hex}", **turn}
    return {
        "id": f"msg_{uuid4().hex}",
        "type": "message",
        "role": "assistant",
        "model": request["model"],
        "content": [block],
        "stop_reason": "end_turn" if is_text else "tool_use",
        "stop_sequence": None,
        # A model's tokens are about four characters long.
        "usage": {"input_tokens": len(json.dumps(messages)) // 4, "output_tokens": len(json.dumps(block)) // 4},
    }


def results_in(messages):
    """What each tool returned, by the tool's name."""
    blocks = [block for message in messages[1:] for block in message["content"]]
    names = {block["id"]: block["name"] for block in blocks if block["type"] == "tool_use"}
    return {names[block["tool_use_id"]]: block["content"] for block in blocks if block["type"] == "tool_result"}
