import os

from agent import answer, span, stream
from flask import Flask, request, stream_with_context

app = Flask(__name__)


@app.get("/sync")
def sync():
    answer(int(request.args["request"]))
    return "{}"


@app.get("/stream")
def streamed():
    return stream_with_context(stream(int(request.args["request"])))


@app.get("/bare-stream")
def bare_stream():
    return stream(int(request.args["request"]))


@app.get("/<int:number>")
def downstream(number):
    with span("downstream", number, **{"gen_ai.operation.name": "chat"}):
        return "{}"


if __name__ == "__main__":
    app.run(port=int(os.environ["PORT"]), threaded=True)
