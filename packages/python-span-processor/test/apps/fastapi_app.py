from agent import answer, answer_async, stream
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/sync")
def sync(request: int):
    answer(request)


@app.get("/async")
async def asynchronous(request: int):
    await answer_async(request)


@app.get("/stream")
async def streamed(request: int):
    return StreamingResponse(stream(request))
