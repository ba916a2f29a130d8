import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { answer } from './agent.cjs'

const app = new Hono()
app.get('/:expected', async (c) => c.text(await answer(c.req.param('expected'))))
serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: '127.0.0.1' })
