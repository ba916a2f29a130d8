import { createRequire } from 'node:module'
import { after } from 'next/server'

// Outside of the bundle, as the other set-ups load it.
const { answer } = createRequire(`${process.cwd()}/`)('./.app/agent.cjs')

export const dynamic = 'force-dynamic'

export async function GET(_request, { params }) {
  const { expected } = await params
  const encoder = new TextEncoder()
  const body = new ReadableStream({
    async start(controller) {
      controller.enqueue(encoder.encode('Well, '))
      controller.enqueue(encoder.encode(await answer(expected)))
      controller.close()
    },
  })
  after(() => answer(expected))
  return new Response(body)
}
