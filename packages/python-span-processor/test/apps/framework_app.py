"""One request to a model through the framework that FRAMEWORK names, behind FastAPI."""

from __future__ import annotations

import asyncio
import os

from fastapi import FastAPI

FRAMEWORK = os.environ["FRAMEWORK"]
MODEL = f"http://127.0.0.1:{os.environ['MODEL_PORT']}/v1"
os.environ.update(OPENAI_API_KEY="none", OPENAI_BASE_URL=MODEL, OPENAI_AGENTS_DISABLE_TRACING="0")
app = FastAPI()


def chat():
    """The openai client, instrumented by whatever instrumentation of it is installed."""
    from openai import AsyncOpenAI, OpenAI

    asynchronous, synchronous = AsyncOpenAI(), OpenAI()
    messages = [{"role": "user", "content": "hi"}]

    async def work():
        await asynchronous.chat.completions.create(model="m", messages=messages)
        await asyncio.to_thread(synchronous.chat.completions.create, model="m", messages=messages)

    return work


def anthropic():
    from anthropic import Anthropic, AsyncAnthropic

    options = {"api_key": "none", "base_url": MODEL.removesuffix("/v1")}
    asynchronous, synchronous = AsyncAnthropic(**options), Anthropic(**options)
    call = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}

    async def work():
        await asynchronous.messages.create(**call)
        await asyncio.to_thread(synchronous.messages.create, **call)

    return work


def langgraph():
    from langchain_core.tools import tool
    from langchain_openai import ChatOpenAI
    from langgraph.prebuilt import create_react_agent

    @tool
    def add(a: int, b: int) -> int:
        """Adds."""
        return a + b

    agent = create_react_agent(ChatOpenAI(model="m"), [add])
    question = {"messages": [("user", "hi")]}

    async def work():
        await agent.ainvoke(question)
        await asyncio.to_thread(agent.invoke, question)

    return work


def openai_agents():
    from agents import Agent, Runner, set_default_openai_api

    set_default_openai_api("chat_completions")
    agent = Agent(name="helper", model="m")

    async def work():
        await Runner.run(agent, "hi")

    return work


def pydantic_ai():
    from pydantic_ai import Agent
    from pydantic_ai.models.openai import OpenAIChatModel

    Agent.instrument_all()
    agent = Agent(OpenAIChatModel("m"))

    async def work():
        await agent.run("hi")

    return work


def litellm():
    import litellm

    litellm.callbacks = ["otel"]
    messages = [{"role": "user", "content": "hi"}]

    async def work():
        await litellm.acompletion(model="openai/m", messages=messages, api_base=MODEL)

    return work


WORK = globals()[FRAMEWORK]()


@app.get("/agent")
async def agent(request: int):
    await WORK()
