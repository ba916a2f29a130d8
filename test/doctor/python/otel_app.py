"""An agent with GenAI spans behind Flask. With OWN_PROVIDER=1 it sets OpenTelemetry up itself, without a processor."""

import os

from flask import Flask
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

app = Flask("shop")

if os.environ.get("OWN_PROVIDER") == "1":
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    FlaskInstrumentor().instrument_app(app)

tracer = trace.get_tracer("shop")


@app.post("/api/chat")
def chat():
    with (
        tracer.start_as_current_span("invoke_agent planner", attributes={"gen_ai.operation.name": "invoke_agent"}),
        tracer.start_as_current_span("chat loopback-model", attributes={"gen_ai.operation.name": "chat"}),
    ):
        return "Two, from Lisbon."


app.run(port=int(os.environ["PORT"]))
