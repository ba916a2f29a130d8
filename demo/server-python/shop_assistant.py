"""The shop's assistant: an agent loop on Anthropic's client, with two tools."""

import json
import os

import requests
from ddtrace.llmobs import LLMObs
from ddtrace.llmobs.decorators import agent

from model import MODEL, client
from scripted_model import assistant_script
from shop import look_up_order

INSTRUCTIONS = (
    "You help the customers of an outdoor shop. Look up the order that a question names, ask research about its "
    "products, then answer from both in a few sentences."
)
# More model steps than an answer needs.
MAX_STEPS = 6

anthropic = client(assistant_script)


def research(topic):
    response = requests.post(f"{os.environ['RESEARCH_URL']}/research", json={"topic": topic}, timeout=60)
    response.raise_for_status()
    return response.json()["summary"]


def tool(name, description, argument):
    schema = {"type": "object", "properties": {argument: {"type": "string"}}, "required": [argument]}
    return {"name": name, "description": description, "input_schema": schema}


RUN = {"look_up_order": look_up_order, "research": research}
TOOLS = [
    tool("look_up_order", "Items, total and arrival day of an order", "order_number"),
    tool("research", "What the field notes say about products, weather and returns", "topic"),
]


@agent(name="shop-assistant")
def agent_loop(question, on_tool=lambda name: None):
    messages = [{"role": "user", "content": question}]
    for _ in range(MAX_STEPS):
        turn = anthropic.messages.create(
            model=MODEL, max_tokens=1000, system=INSTRUCTIONS, tools=TOOLS, messages=messages
        )
        calls = [block for block in turn.content if block.type == "tool_use"]
        if not calls:
            text = "".join(block.text for block in turn.content if block.type == "text")
            LLMObs.annotate(input_data=question, output_data=text)
            return text
        messages.append(
            {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in turn.content]}
        )
        messages.append({"role": "user", "content": [run_tool(call, on_tool) for call in calls]})
    raise RuntimeError(f"no answer after {MAX_STEPS} steps")


def run_tool(call, on_tool):
    on_tool(call.name)
    result = {"type": "tool_result", "tool_use_id": call.id}
    try:
        with LLMObs.tool(call.name):
            output = RUN[call.name](**call.input)
            LLMObs.annotate(input_data=call.input, output_data=output)
        return {**result, "content": output if isinstance(output, str) else json.dumps(output)}
    except Exception as error:
        return {**result, "content": str(error), "is_error": True}
