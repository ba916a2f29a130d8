"""One LLM span in each way that Python has to leave the task of a request, behind FastAPI."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from threading import Thread

from agent import span
from fastapi import FastAPI

app = FastAPI()
pool = ThreadPoolExecutor(4)


def llm(way, number):
    with span("llm", number, **{"gen_ai.operation.name": "chat", "app.way": way}):
        pass


def in_thread(target):
    thread = Thread(target=target)
    thread.start()
    thread.join()


@app.get("/agent")
async def agent(request: int):
    def work(way):
        return partial(llm, way, request)

    loop = asyncio.get_running_loop()
    await asyncio.gather(*(asyncio.create_task(asyncio.to_thread(work("asyncio.to_thread"))) for _ in range(2)))
    await asyncio.to_thread(in_thread, work("Thread"))
    await asyncio.to_thread(in_thread, partial(copy_context().run, work("Thread, copy_context().run")))
    await asyncio.wrap_future(pool.submit(work("ThreadPoolExecutor.submit")))
    await asyncio.wrap_future(pool.submit(copy_context().run, work("ThreadPoolExecutor.submit, copy_context().run")))
    await loop.run_in_executor(None, work("loop.run_in_executor"))
    await loop.run_in_executor(None, copy_context().run, work("loop.run_in_executor, copy_context().run"))
