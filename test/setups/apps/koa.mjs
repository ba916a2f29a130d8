import Koa from 'koa'
import { answer } from './agent.cjs'

const app = new Koa()
app.use(async (ctx) => {
  ctx.body = await answer(ctx.path.slice(1))
})
app.listen(Number(process.env.PORT), '127.0.0.1')
