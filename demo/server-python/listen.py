import json
import os
from http.server import ThreadingHTTPServer


def listen(name, handler):
    """Serves on HOST (default 127.0.0.1) and PORT (default: a free one), and prints the address."""
    host = os.environ.get("HOST", "127.0.0.1")
    server = ThreadingHTTPServer((host, int(os.environ.get("PORT", 0))), handler)
    print(f"{name} listening on http://{host}:{server.server_port}", flush=True)
    server.serve_forever()


def read_json(handler):
    """Returns the JSON object in a request's body; an empty one if there is none, or it is over 8 kB."""
    length = int(handler.headers.get("content-length") or 0)
    try:
        body = json.loads(handler.rfile.read(length)) if length <= 8192 else {}
    except ValueError:
        body = {}
    return body if isinstance(body, dict) else {}


def send_json(handler, status, body):
    handler.send_response(status)
    handler.send_header("content-type", "application/json")
    handler.end_headers()
    handler.wfile.write(json.dumps(body).encode())
