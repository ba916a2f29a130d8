"""An agent on ddtrace's LLM Observability SDK behind Flask. With BRIDGE=1 it has the two lines of the README."""

import os

from ddtrace.llmobs import LLMObs
from flask import Flask

if os.environ.get("BRIDGE") == "1":
    import rum_llmobs.ddtrace

    rum_llmobs.ddtrace.install()

app = Flask("shop")


@app.post("/api/chat")
def chat():
    with LLMObs.agent("planner"), LLMObs.llm("loopback-model", name="ask"):
        LLMObs.annotate(input_data="Hello", output_data="Two, from Lisbon.")
    return "Two, from Lisbon."


app.run(port=int(os.environ["PORT"]))
