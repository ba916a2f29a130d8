import { initTRPC } from '@trpc/server'
import { createHTTPServer } from '@trpc/server/adapters/standalone'
import { answer } from './agent.cjs'

const t = initTRPC.create()
const router = t.router({ ask: t.procedure.input(String).query(({ input }) => answer(input)) })
createHTTPServer({ router }).listen(Number(process.env.PORT), '127.0.0.1')
