import http from 'node:http'
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { CallToolRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { answer } from './agent.cjs'

// Stateless, as behind a load balancer: a server and a transport for each request.
const server = http.createServer(async (request, response) => {
  const mcp = new Server({ name: 'shop', version: '1.0.0' }, { capabilities: { tools: {} } })
  mcp.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
    return { content: [{ type: 'text', text: await answer(params.arguments.expected) }] }
  })
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined })
  await mcp.connect(transport)
  await transport.handleRequest(request, response)
})
server.listen(Number(process.env.PORT), '127.0.0.1')
